package main

import (
	"errors"
	"strconv"
	"strings"
)

// size is the value of a flag, in bytes; 0 is none. As with GNU dd, kB, MB, GB and TB
// are powers of 1000, and KiB, MiB, GiB and TiB, or K, M, G and T alone, are powers of
// 1024.
type size int64

// maxSize is more than any disk has.
const maxSize = 1 << 60

var errSize = errors.New("not a size")

// Set parses a size.
func (s *size) Set(text string) error {
	number, base := strings.ToUpper(text), 1024.0
	switch {
	case strings.HasSuffix(number, "IB"):
		number = strings.TrimSuffix(number, "IB")
		if strings.LastIndexAny(number, amountUnits) != len(number)-1 {
			return errSize // 5iB
		}
	case strings.HasSuffix(number, "B"):
		number, base = strings.TrimSuffix(number, "B"), 1000
	}
	n, err := parseAmount(number, base)
	if err != nil || n < 1 || n > maxSize {
		return errSize
	}
	*s = size(n)
	return nil
}

// String returns the size in bytes, or "" if there is none.
func (s *size) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type returns the type of the value, for the help.
func (s *size) Type() string { return "size" }
