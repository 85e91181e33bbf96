package main

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]size{
		"1": 1, "1000": 1000, "5B": 5, "5b": 5, "500MB": 500_000_000, "500mb": 500_000_000, "2GiB": 2 << 30, "2gib": 2 << 30,
		"10K": 10 << 10, "10k": 10 << 10, "10kB": 10_000, "10KiB": 10 << 10, "1.5M": 3 << 19, "1.5MB": 1_500_000, "1.5MiB": 3 << 19,
		"1T": 1 << 40, "1TB": 1_000_000_000_000, "1TiB": 1 << 40, ".5K": 512, "1048576T": maxSize, "1.9": 1,
	} {
		var got size
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "B", "iB", "5iB", "5i", "K", "KB", "MiB", ".", "0", "0MB", "-1", "+1", "1e3", "inf", "nan", "0x10", "1_000", "10 MB", "1,5M",
		"1.5.2", "10PB", "10Mi", "10MBB", "10KK", "１M", "0.5", "all", "1048577T", "99999999999999999999999999",
	} {
		got := size(7)
		if err := got.Set(text); err == nil || got != 7 {
			t.Errorf("%q is taken for %d (%v)", text, got, err)
		}
	}
	if got := size(0); got.String() != "" {
		t.Errorf("no size is %q", got.String())
	}
	if got := size(1_500_000); got.String() != "1500000" {
		t.Errorf("%q", got.String())
	}
}
