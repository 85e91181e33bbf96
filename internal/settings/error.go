package settings

import (
	"fmt"
	"regexp"
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
	Nearest string // with Unknown: the setting that may be meant, or ""
	Problem Problem
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Place, e.Name, e.Cause())
}

// Cause returns the cause without what a library puts into it.
func (e *Error) Cause() string {
	cause := strings.TrimPrefix(e.Err.Error(), "toml: ")
	mismatch := regexp.MustCompile(`(?s)^cannot decode TOML (\S+) into (.*)$`)
	if parts := mismatch.FindStringSubmatch(cause); parts != nil {
		return "it cannot be a TOML " + parts[1] + ", but has to be " + form(parts[2][strings.LastIndex(parts[2], " ")+1:])
	}
	return cause
}

// form is what a Go type is in TOML.
func form(goType string) string {
	switch {
	case goType == "int", goType == "string":
		return "of the type " + strings.Replace(goType, "int", "integer", 1)
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "[]") && strings.Contains(goType, "."):
		return "tables, each under its name in [[ ]]"
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	}
	return "of another type"
}

func (e *Error) Unwrap() error { return e.Err }
