package tallow

import (
	"cmp"
	"errors"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// CompleteCode returns the completions of a code that is being typed: prefix with
// its last word completed, as a terminal or a shell offers it. There are none
// before the first letter of a word, nor for the nameplate and the relay.
func CompleteCode(prefix string) []string { return code.Complete(prefix) }

// CheckCode checks a code, or the link of a stored transfer, as it was typed, without
// asking a relay. The error is an *Error of KindCode.
func CheckCode(typed string) error {
	if storelink.Is(typed) {
		// Whether the relay has the key of a link without one, only the relay knows.
		if _, err := storelink.Parse(typed); err != nil && !errors.Is(err, storelink.ErrNoKey) {
			return linkError(err)
		}
		return nil
	}
	if _, err := code.Parse(typed); err != nil {
		return codeError(err)
	}
	return nil
}

// IsLink reports whether what was typed is meant as the link of a stored transfer, and
// not as a code.
func IsLink(typed string) bool { return storelink.Is(typed) }

// CodeRelay returns the relay that a code or a link names, as Config.Relay takes it. It
// is empty if the code names none, or is no code.
func CodeRelay(typed string) string {
	if l, err := storelink.Parse(typed); err == nil || errors.Is(err, storelink.ErrNoKey) {
		return l.Relay
	}
	k, err := code.Parse(typed)
	if err != nil {
		return ""
	}
	return k.Relay
}

// NewCode returns a new code with the given number of words (0: DefaultWords), for a
// Send and a Receive that both get it beforehand: SendOptions.Code and
// ReceiveOptions.Code. It asks no relay: its nameplate has nine digits, so that it is
// hardly ever taken.
func NewCode(words int) (string, error) {
	n := cmp.Or(words, DefaultWords)
	k, err := code.New(n)
	if err != nil {
		return "", wordCountError(n, err)
	}
	return k.String(), nil
}

// DerivedCode returns the code that belongs to a secret and a label, for two machines
// that share the secret and cannot tell each other a code. It is the same each time,
// and a code works once, so each transfer needs a label of its own. The secret has to
// be random, of 32 bytes at least; an error for a shorter one is of KindUsage.
func DerivedCode(secret, label string, words int) (string, error) {
	n := cmp.Or(words, DefaultWords)
	if len(secret) < code.MinSecret {
		return "", &Error{Kind: KindUsage, Reason: ReasonCodeSecret, Count: code.MinSecret}
	}
	k, err := code.Derive(secret, label, n)
	if err != nil {
		return "", wordCountError(n, err)
	}
	return k.String(), nil
}

func wordCountError(n int, err error) *Error {
	return &Error{Kind: KindUsage, Reason: ReasonWordCount, Count: int64(n), Err: err}
}

// codeError returns the *Error for an invalid code.
func codeError(err error) *Error {
	var word *code.WordError
	if errors.As(err, &word) {
		e := &Error{Kind: KindCode, Reason: ReasonCodeWord, Detail: word.Word, Words: word.Nearest, Err: err}
		if word.Ambiguous {
			e.Reason = ReasonCodeWordAmbiguous
		}
		return e
	}
	e := &Error{Kind: KindCode, Reason: ReasonCodeEmpty, Err: err}
	for _, known := range []struct {
		err    error
		reason Reason
	}{
		{code.ErrTooLong, ReasonCodeTooLong},
		{code.ErrCharacter, ReasonCodeCharacter},
		{code.ErrNameplate, ReasonCodeNumber},
		{code.ErrFewWords, ReasonCodeFewWords},
		{code.ErrManyWords, ReasonCodeManyWords},
		{code.ErrRelay, ReasonCodeRelay},
		{code.ErrWeak, ReasonCodeWeak},
	} {
		if errors.Is(err, known.err) {
			e.Reason = known.reason
		}
	}
	return e
}
