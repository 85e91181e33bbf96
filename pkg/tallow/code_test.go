package tallow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// A code for both sides is one that a Receive takes, and that a Send does not refuse.
func TestCodesBeforehand(t *testing.T) {
	secret := strings.Repeat("0123456789abcdef", 4)
	drawn, err := tallow.NewCode(0)
	if err != nil || tallow.CheckCode(drawn) != nil || strings.Count(drawn, "-") != tallow.DefaultWords {
		t.Errorf("%s, %v, %v", drawn, err, tallow.CheckCode(drawn))
	}
	derived, err := tallow.DerivedCode(secret, "build 17", 0)
	if err != nil || derived != "744196520-feedback-sauna-wrangle" {
		t.Errorf("%s, %v", derived, err)
	}
	client, err := tallow.New(tallow.Config{Relay: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	send := func(code string) error {
		_, err := client.Send(t.Context(), tallow.SendOptions{Text: "hello", Code: code})
		return err
	}
	_, errWords := tallow.NewCode(9)
	_, errDerivedWords := tallow.DerivedCode(secret, "build 17", 9)
	_, errSecret := tallow.DerivedCode("guessable", "build 17", 0)
	for _, c := range []struct {
		err    error
		kind   tallow.ErrorKind
		reason tallow.Reason
	}{
		{send(drawn), tallow.KindNetwork, tallow.ReasonRelayUnreachable},
		{send("7-acid-acorn"), tallow.KindCode, tallow.ReasonCodeWeak},
		{send("7-acid-acorn-acid"), tallow.KindCode, tallow.ReasonCodeWeak},
		{errWords, tallow.KindUsage, tallow.ReasonWordCount},
		{errDerivedWords, tallow.KindUsage, tallow.ReasonWordCount},
		{errSecret, tallow.KindUsage, tallow.ReasonCodeSecret},
	} {
		var e *tallow.Error
		if !errors.As(c.err, &e) || e.Kind != c.kind || e.Reason != c.reason {
			t.Errorf("%v, want %s, %s", c.err, c.kind, c.reason)
		}
	}
}
