package storelink

import (
	"errors"
	"strings"
	"testing"
)

const (
	testID  = "000102030405060708090a0b0c0d0e0f"
	testKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
)

func testLink(relay string) Link {
	l := Link{Relay: relay}
	for i := range l.ID {
		l.ID[i] = byte(i)
	}
	for i := range l.Secret {
		l.Secret[i] = byte(i)
	}
	return l
}

func TestLinkText(t *testing.T) {
	want := "https://relay.example/d/" + testID + "#" + testKey
	if got := testLink("https://relay.example").String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestParse(t *testing.T) {
	end := "/d/" + testID + "#" + testKey
	for text, relay := range map[string]string{
		"https://relay.example" + end:                               "https://relay.example",
		"HTTPS://relay.example:8443" + end:                          "https://relay.example:8443",
		"https://example.org/tools/relay" + end:                     "https://example.org/tools/relay",
		"https://example.org/d/" + end:                              "https://example.org/d",
		"http://127.0.0.1:8080" + end:                               "http://127.0.0.1:8080",
		"http://[::1]:8080" + end:                                   "http://[::1]:8080",
		"  <https://relay.example" + end + ">.\n":                   "https://relay.example",
		`"https://relay.example` + end + `",`:                       "https://relay.example",
		"https://relay.example/d/" + testID + "/#" + testKey:        "https://relay.example",
		"https://relay.example" + strings.Replace(end, "a", "A", 1): "https://relay.example",
	} {
		got, err := Parse(text)
		if err != nil || got != testLink(relay) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if !Is(text) {
			t.Errorf("%q is not taken for a link", text)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for text, want := range map[string]error{
		"":                     ErrNotLink,
		"7-apple-walrus-kayak": ErrNotLink,
		"https://relay.example/room/#7-apple-walrus-kayak":                                    ErrNotLink,
		"ftp://relay.example/d/" + testID + "#" + testKey:                                     ErrNotLink,
		"https:///d/" + testID + "#" + testKey:                                                ErrNotLink,
		"https://u:p@relay.example/d/" + testID + "#" + testKey:                               ErrNotLink,
		"https://relay.example/d/" + testID + "?x=/d/#" + testKey:                             ErrNotLink,
		"https://relay.example/d/" + testID[1:] + "#" + testKey:                               ErrID,
		"https://relay.example/d/" + testID + "0#" + testKey:                                  ErrID,
		"https://relay.example/d/" + testID[1:] + "x#" + testKey:                              ErrID,
		"https://relay.example/d/" + testID + "/more#" + testKey:                              ErrID,
		"https://relay.example/d/" + testID:                                                   ErrNoKey,
		"https://relay.example/d/" + testID + "#":                                             ErrNoKey,
		"https://relay.example/d/" + testID + "#" + testKey[1:]:                               ErrKey,
		"https://relay.example/d/" + testID + "#" + testKey + "A":                             ErrKey,
		"https://relay.example/d/" + testID + "#" + testKey[:42] + "9":                        ErrKey, // bits that no key has
		"https://relay.example/d/" + testID + "#" + testKey[1:] + "+":                         ErrKey,
		"https://relay.example/d/" + testID + "#" + testKey[2:] + "%20":                       ErrKey,
		"https://relay.example/" + strings.Repeat("x", 3000) + "/d/" + testID + "#" + testKey: ErrNotLink,
	} {
		if got, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
}

// A link without its key names the same transfer.
func TestWithoutKey(t *testing.T) {
	l := testLink("https://relay.example/below")
	if got, want := l.WithoutKey(), "https://relay.example/below/d/"+testID; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	got, err := Parse(l.WithoutKey())
	if !errors.Is(err, ErrNoKey) || got != (Link{Relay: l.Relay, ID: l.ID}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("https://relay.example/d/" + testID + "#" + testKey)
	f.Add("<http://[::1]:80/a/d/d/" + testID + "/#" + testKey + ">")
	f.Add("https://relay.example/d/" + testID)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(l.String()); err != nil || again != l {
			t.Errorf("%q: %v, and again %v, %v", s, l, again, err)
		}
	})
}
