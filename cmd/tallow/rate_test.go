package main

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]rate{
		"0": 0, "1": 1, "1000": 1000, "500K": 500 << 10, "500k": 500 << 10, "10M": 10 << 20, "10m": 10 << 20,
		"1.5M": 3 << 19, "1G": 1 << 30, "1g": 1 << 30, "2T": 2 << 40, ".5K": 512, "0.5k": 512, "1.": 1, "0M": 0,
		"1024T": maxRate, "1.9": 1,
	} {
		var got rate
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "K", "M", ".", "-1", "+1", "1e3", "inf", "nan", "0x10", "1_000", "10MB", "10MiB", "10M/s", "10 M", "1,5M", "1.5.2", "10Q", "ten",
		"1KK", "１M", "+", "0.5", "0.0001K", "1025T", "99999999999999999999999999",
	} {
		got := rate(7)
		if err := got.Set(text); err == nil || got != 7 {
			t.Errorf("%q is taken for %d (%v)", text, got, err)
		}
	}
}

// The value of the flag reaches the SDK, for send and receive.
func TestLimitRateReachesTheTransfer(t *testing.T) {
	for _, verb := range []string{"send", "receive"} {
		p := &program{getenv: func(string) string { return "" }}
		cmd, args, err := newRoot(p).Find([]string{verb, "--limit-rate", "1.5M"})
		if err == nil {
			err = cmd.ParseFlags(args)
		}
		if err == nil {
			err = p.loadPreferences(cmd, time.Minute)
		}
		if err != nil {
			t.Fatalf("%s: %v", verb, err)
		}
		p.preferences.yes = true
		s := &send{program: p, preferences: &p.preferences}
		so, err := s.options(&cobra.Command{}, []string{"a"})
		if err != nil || so.LimitRate != 3<<19 {
			t.Errorf("send: %d, %v", so.LimitRate, err)
		}
		r := &receive{program: p, preferences: &p.preferences}
		ro, err := r.options(t.Context(), []string{"7-acid-acorn-acre"}, nil)
		if err != nil || ro.LimitRate != 3<<19 {
			t.Errorf("receive: %d, %v", ro.LimitRate, err)
		}
	}
}

// A rate is shown as it can be given again.
func TestRateText(t *testing.T) {
	for r, want := range map[rate]string{
		0: "", 1: "1", 1000: "1000", 1024: "1K", 1536: "1536", 3 << 19: "1536K", 10 << 20: "10M", 1 << 30: "1G", 2 << 40: "2T", maxRate: "1024T",
	} {
		var again rate
		if got := r.String(); got != want || want != "" && (again.Set(got) != nil || again != r) {
			t.Errorf("%d: %q, want %q; read as %d", int64(r), got, want, int64(again))
		}
	}
}
