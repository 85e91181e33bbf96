package tallow

import "github.com/tallow-transfer/tallow/internal/code"

// CompleteCode returns how a code that is being typed may go on: prefix with
// its last word completed, as a terminal or a shell offers it. There are none
// before the first letter of a word, nor for the number and the relay.
func CompleteCode(prefix string) []string { return code.Complete(prefix) }

// CheckCode tells what is wrong with a code as it was typed, without asking
// anybody about it. The error is an *Error of KindCode.
func CheckCode(typed string) error {
	if _, err := code.Parse(typed); err != nil {
		return codeError(err)
	}
	return nil
}
