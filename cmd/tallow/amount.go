package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// amountUnits are the prefixes of units of bytes, each 1000 or 1024 times the one
// before it.
const amountUnits = "KMGT"

var errAmount = errors.New("not an amount")

// parseAmount parses a number of bytes, such as 1.5M, in capitals. Each unit is base
// times the one before it.
func parseAmount(text string, base float64) (float64, error) {
	number, unit := text, 1.0
	if i := len(text) - 1; i >= 0 {
		if power := strings.IndexByte(amountUnits, text[i]); power >= 0 {
			number, unit = text[:i], math.Pow(base, float64(power+1))
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" {
		return 0, errAmount
	}
	return n * unit, nil
}
