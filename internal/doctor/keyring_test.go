package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// Each state of the key and the keyring with its words.
func TestWordsOfTheKeyring(t *testing.T) {
	none := errors.New("there is no bus")
	for _, tc := range []struct {
		facts keyFacts
		state State
		text  string
		hint  string // a part of it; empty: there is none
	}{
		{keyFacts{file: "k"}, OK, "the keyring works: the key of the history will be there", ""},
		{keyFacts{file: "k", place: devicekey.PlaceKeyring}, OK, "the keyring works, and has the key of the history", ""},
		{keyFacts{file: "k", place: devicekey.PlaceFile}, Warning, "the keyring works, but the key of the history is in the file k, as it did not work when that was made", "tallow vault destroy"},
		{keyFacts{file: "k", keyring: none}, Warning, "no keyring is used (there is no bus): the key of the history will be in the file k", "can read the history"},
		{keyFacts{file: "k", place: devicekey.PlaceFile, keyring: none}, Warning, "no keyring is used (there is no bus): the key of the history is in the file k", "can read the history"},
		{keyFacts{file: "k", place: devicekey.PlaceFile, keyring: none, unwanted: true}, OK, "no keyring is used (there is no bus): the key of the history is in the file k", "can read the history"},
		{keyFacts{file: "k", failure: &devicekey.KeyringError{Err: none}}, Warning, "the key of the history is in the keyring, which cannot be reached (there is no bus): nothing is recorded until it can", "Unlock"},
		{keyFacts{file: "k", failure: devicekey.ErrLost}, Warning, "the keyring does not have the key of the history any more: nothing is recorded", "tallow vault destroy"},
		{keyFacts{file: "k", failure: devicekey.ErrDamaged}, Warning, "the key of the history is damaged: nothing is recorded", "backup"},
		{keyFacts{file: "k", failure: devicekey.ErrNotPrivate}, Warning, "the key of the history cannot be read: " + devicekey.ErrNotPrivate.Error(), "k"},
		{keyFacts{file: "k", failure: devicekey.ErrLocked}, Warning, "the vault is locked: nothing is recorded until it is unlocked", "tallow vault unlock"},
		{keyFacts{file: "k", failure: devicekey.ErrPassword}, Warning, "the vault is locked, and TALLOW_VAULT_PASSWORD does not have its password: nothing is recorded", "tallow vault unlock"},
		{keyFacts{file: "k", place: devicekey.PlacePassword}, OK, "the key of the history is in the file k under a password, which TALLOW_VAULT_PASSWORD has", ""},
		{keyFacts{}, Warning, "there is no folder for the history and its key", ""},
	} {
		c := checkKeyring(t.Context(), fake{keyed: tc.facts})
		if c.Name != "keyring" || c.State != tc.state || c.Text != tc.text || !strings.Contains(c.Hint, tc.hint) || tc.hint == "" && c.Hint != "" {
			t.Errorf("%+v:\n%+v", tc.facts, c)
		}
	}
}

// The library's own stand-in for a keyring works, and then it does not.
func TestKeysInAKeyring(t *testing.T) {
	keyring.MockInit()
	ring, err := devicekey.SystemKeyring(func(string) string { return "unix:path=/somewhere" })
	if err != nil {
		t.Fatal(err)
	}
	probe := keys{store: devicekey.Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring}}
	if f := probe.key(t.Context()); f.keyring != nil || f.failure != nil || f.place != "" {
		t.Errorf("before there is a key: %+v", f)
	}
	if _, err := os.Stat(probe.store.Dir); err == nil {
		t.Error("a key was made")
	}
	if _, err := probe.store.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := checkKeyring(t.Context(), probe); c.State != OK || c.Text != "the keyring works, and has the key of the history" {
		t.Errorf("with a key: %+v", c)
	}

	keyring.MockInitWithError(errors.New("it is locked"))
	c := checkKeyring(t.Context(), probe)
	if c.State != Warning || !strings.Contains(c.Text, "which cannot be reached (it is locked)") {
		t.Errorf("with a locked keyring: %+v", c)
	}
	probe.store.Dir = t.TempDir()
	c = checkKeyring(t.Context(), probe)
	if c.State != Warning || !strings.Contains(c.Text, "no keyring is used (it is locked)") {
		t.Errorf("with a locked keyring, before there is a key: %+v", c)
	}
}

// Where there is no keyring the key is in a file, and stays there.
func TestKeysInAFile(t *testing.T) {
	probe := keys{store: devicekey.Store{Dir: t.TempDir(), NoKeyring: errors.New("there is no bus")}}
	if _, err := probe.store.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := checkKeyring(t.Context(), probe)
	if c.State != Warning || !strings.HasSuffix(c.Text, "the key of the history is in the file "+filepath.Join(probe.store.Dir, "device-key")) {
		t.Errorf("%+v", c)
	}
	if f := (keys{}).key(t.Context()); f.file != "" {
		t.Errorf("without a folder: %+v", f)
	}
}
