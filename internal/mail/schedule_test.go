package mail_test

import (
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
)

func TestSchedule(t *testing.T) {
	s := mail.DefaultSchedule()
	start := testDate()
	now, attempts := start, 0
	var waits []time.Duration
	for {
		attempts++
		next, ok := s.Next(start, now, attempts)
		if !ok {
			break
		}
		waits = append(waits, next.Sub(now))
		now = next
	}
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute} {
		if waits[i] != want {
			t.Errorf("wait %d is %v, want %v", i, waits[i], want)
		}
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] < waits[i-1] {
			t.Errorf("wait %d is %v after %v", i, waits[i], waits[i-1])
		}
	}
	if end := now.Sub(start); end < 22*time.Hour || end > 24*time.Hour || attempts > 40 {
		t.Errorf("it ends after %v and %d attempts", end, attempts)
	}
	if next, ok := s.Next(start, start, 0); !ok || !next.Equal(start) {
		t.Errorf("the first attempt is at %v, %v", next, ok)
	}
	if _, ok := (mail.Schedule{}).Next(start, start, 1); ok {
		t.Error("an empty schedule tries again")
	}
}
