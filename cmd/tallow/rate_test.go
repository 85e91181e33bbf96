package main

import (
	"testing"

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
	p := &program{getenv: func(string) string { return "" }}
	s := &send{program: p}
	r := &receive{program: p, yes: true}
	for name, register := range map[string]func(*cobra.Command){
		"send":    func(cmd *cobra.Command) { s.register(cmd, 1) },
		"receive": func(cmd *cobra.Command) { r.register(cmd, 1) },
	} {
		cmd := &cobra.Command{}
		register(cmd)
		if err := cmd.ParseFlags([]string{"--limit-rate", "1.5M"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.words = 1
	so, err := s.options(&cobra.Command{}, []string{"a"})
	if err != nil || so.LimitRate != 3<<19 {
		t.Errorf("send: %d, %v", so.LimitRate, err)
	}
	ro, err := r.options(t.Context(), []string{"7-acid-acorn-acre"}, nil)
	if err != nil || ro.LimitRate != 3<<19 {
		t.Errorf("receive: %d, %v", ro.LimitRate, err)
	}
}
