package main

import (
	"errors"
	"strconv"
	"strings"
)

// rate is the value of a flag, in bytes a second; 0 is no limit. As with curl and
// wget, the suffixes K, M, G and T stand for powers of 1024.
type rate int64

// maxRate is more than any machine can transfer.
const maxRate = 1 << 50

var errRate = errors.New("not a rate")

// Set parses a rate.
func (r *rate) Set(text string) error {
	n, err := parseAmount(strings.ToUpper(text), 1024)
	if err != nil || n > maxRate || n > 0 && n < 1 {
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
	for n%1024 == 0 && unit < len(amountUnits) {
		n, unit = n/1024, unit+1
	}
	return strconv.FormatInt(n, 10) + amountUnits[:unit][max(unit-1, 0):]
}

// Type returns the type of the value, for the help.
func (r *rate) Type() string { return "rate" }
