package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// age is the value of a flag: a time that has gone by, such as 30d, 2w or 12h30m.
type age time.Duration

var (
	errAge    = errors.New("not an age")
	errMoment = errors.New("not a time")
)

// parseAge parses days and weeks, and what time.ParseDuration knows.
func parseAge(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		number, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 63)
		if err != nil || n > uint64(math.MaxInt64/length) {
			return 0, errAge
		}
		return time.Duration(n) * length, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errAge
	}
	return d, nil
}

// Set parses an age.
func (a *age) Set(text string) error {
	d, err := parseAge(text)
	*a = age(d)
	return err
}

// String returns "": there is no default.
func (a *age) String() string { return "" }

// Type returns the type of the value, for the help.
func (a *age) Type() string { return "age" }

// moment is the value of a flag: a day, a time of RFC 3339, or an age before now.
type moment struct {
	time.Time
	end bool // a day stands for its end
}

// Set parses a moment.
func (m *moment) Set(text string) (err error) {
	if d, err := parseAge(text); err == nil {
		m.Time = time.Now().Add(-d)
		return nil
	}
	if m.Time, err = time.Parse(time.RFC3339, text); err == nil {
		return nil
	}
	if m.Time, err = time.ParseInLocation(time.DateOnly, text, time.Local); err != nil {
		return errMoment
	}
	if m.end {
		m.Time = m.AddDate(0, 0, 1)
	}
	return nil
}

// String returns "": there is no default.
func (m *moment) String() string { return "" }

// Type returns the type of the value, for the help.
func (m *moment) Type() string { return "moment" }
