package settings

import (
	"fmt"
	"strings"
)

// Problem says what is wrong with a setting.
type Problem int

// The problems.
const (
	Unreadable Problem = iota + 1 // the file cannot be read
	BadSyntax                     // the file is no TOML
	Unknown                       // there is no such setting
	BadValue                      // the value cannot be that of the setting
)

// Error says what is wrong with a setting, and where.
type Error struct {
	Place   string // the file, with the line where it is known, or the variable
	Line    int    // 0: unknown
	Name    string // of the setting, as it is written there; "" where it is the whole file
	Problem Problem
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Place, e.Name, e.Cause())
}

// Cause returns the cause without what a library puts before it.
func (e *Error) Cause() string { return strings.TrimPrefix(e.Err.Error(), "toml: ") }

func (e *Error) Unwrap() error { return e.Err }
