package main

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0d": 0, "1d": day, "30d": 30 * day, "2w": 14 * day, "12h": 12 * time.Hour, "1h30m": 90 * time.Minute,
		"106751d": 106751 * day,
	} {
		var a age
		if err := a.Set(text); err != nil || time.Duration(a) != want {
			t.Errorf("%q is %v, %v", text, time.Duration(a), err)
		}
	}
	for _, text := range []string{"", "d", "w", "30", "-1d", "-1h", "+1d", "1.5d", "1d12h", "106752d", "99999999999999999999d"} {
		if err := new(age).Set(text); err == nil {
			t.Errorf("%q is an age", text)
		}
	}
}

func TestMoment(t *testing.T) {
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.Local)
	for _, tt := range []struct {
		text string
		end  bool
		want time.Time
	}{
		{"2026-01-31", false, day},
		{"2026-01-31", true, time.Date(2026, 2, 1, 0, 0, 0, 0, time.Local)},
		{"2026-01-31T12:30:00+02:00", true, time.Date(2026, 1, 31, 10, 30, 0, 0, time.UTC)},
	} {
		m := moment{end: tt.end}
		if err := m.Set(tt.text); err != nil || !m.Equal(tt.want) {
			t.Errorf("%q is %v, %v", tt.text, m.Time, err)
		}
	}
	var m moment
	if err := m.Set("7d"); err != nil || time.Until(m.Time).Round(time.Hour) != -7*24*time.Hour {
		t.Errorf("7d is %v, %v", m.Time, err)
	}
	for _, text := range []string{"", "2026-02-30", "31.1.2026", "2026-01-31T12:30", "yesterday"} {
		if err := m.Set(text); err == nil {
			t.Errorf("%q is a time", text)
		}
	}
}

func FuzzMoment(f *testing.F) {
	for _, text := range []string{"7d", "2w", "12h", "2026-01-31", "2026-01-31T12:30:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseAge(text); err == nil && d < 0 {
			t.Errorf("%q is %v", text, d)
		}
		_ = new(moment).Set(text) // does not panic
	})
}
