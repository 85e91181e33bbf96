package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// rate is the value of a flag, in bytes a second; 0 is no limit. As with curl and
// wget, the suffixes K, M, G and T stand for powers of 1024.
type rate int64

// maxRate is more than any machine can transfer.
const maxRate = 1 << 50

// rateUnits are the suffixes, each 1024 times the one before it.
const rateUnits = "KMGT"

var errRate = errors.New("not a rate")

// Set parses a rate.
func (r *rate) Set(text string) error {
	number, unit := text, 1.0
	if i := len(text) - 1; i >= 0 {
		if power := strings.IndexByte(rateUnits, text[i]&^0x20); power >= 0 {
			number, unit = text[:i], math.Pow(1024, float64(power+1))
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	n *= unit
	if err != nil || strings.Trim(number, "0123456789.") != "" || n > maxRate || n > 0 && n < 1 {
		return errRate
	}
	*r = rate(n)
	return nil
}

// String returns the rate as Set takes it, or "" if there is no limit.
func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	n, unit := int64(*r), 0
	for n%1024 == 0 && unit < len(rateUnits) {
		n, unit = n/1024, unit+1
	}
	return strconv.FormatInt(n, 10) + rateUnits[:unit][max(unit-1, 0):]
}

// Type returns the type of the value, for the help.
func (r *rate) Type() string { return "rate" }
