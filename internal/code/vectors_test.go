package code

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
)

// listVector pins one of the word lists.
type listVector struct {
	Name   string `json:"name"`
	Words  int    `json:"words"`
	First  string `json:"first"`
	Last   string `json:"last"`
	SHA256 string `json:"sha256"`
}

// parseVector is a code as it may be typed, and what it means.
type parseVector struct {
	Typed     string `json:"typed"`
	Nameplate string `json:"nameplate,omitempty"`
	Secret    string `json:"secret,omitempty"`
	Relay     string `json:"relay,omitempty"`
	Error     bool   `json:"error,omitempty"`
}

// verifyVector is what two people compare.
type verifyVector struct {
	Bytes   string   `json:"bytes"`
	Indexes []int    `json:"indexes"`
	Words   []string `json:"words"`
}

func listVectors() []listVector {
	return []listVector{
		{"short", 1295, "aardvark", "zucchini", "f6a587145fd0d7aaeff9849e5168d63ef795b03c2e0ce7efe7b2546c1c975e9f"},
		{"long", 7772, "abacus", "zoom", "18586c092f641ecd1a471dd6ab35618ab69f0aa7483486424f7caf0996d06259"},
	}
}

func parseVectors() []parseVector {
	ok := func(typed, relay string) parseVector {
		return parseVector{Typed: typed, Nameplate: "7", Secret: "acid-acorn-acre", Relay: relay}
	}
	return []parseVector{
		ok("7-acid-acorn-acre", ""),
		ok(" 7-ACID-Acorn-acre\n", ""),
		ok("7 acid acorn acre", ""),
		ok("7_acid.acorn, acre", ""),
		ok("“7–acid—acorn−acre”", ""),
		ok("7-aci-acor-acre", ""),
		ok("7-acid-acorn-acre@relay.example", "relay.example"),
		ok("7-acid-acorn-acre @ Relay.Example:080", "relay.example:80"),
		ok("7-acid-acorn-acre@[2001:DB8::1]:8080", "[2001:db8::1]:8080"),
		ok("https://relay.example/#7-acid-acorn-acre", "https://relay.example/"),
		ok("wss://Relay.Example/path#7 acid acorn acre", "wss://relay.example/path"),
		{Typed: "999999999-zoom-abacus", Nameplate: "999999999", Secret: "zoom-abacus"},
		{Typed: "7-acid-acid", Nameplate: "7", Secret: "acid-acid"},
		{Typed: "", Error: true},
		{Typed: "acid-acorn-acre", Error: true},
		{Typed: "07-acid-acorn-acre", Error: true},
		{Typed: "1000000000-acid-acorn-acre", Error: true},
		{Typed: "7-acid", Error: true},
		{Typed: "7-ac-acorn-acre", Error: true},
		{Typed: "7-acdi-acorn-acre", Error: true},
		{Typed: "7-acid-acorn-acre\u200b-acre", Error: true},
		{Typed: "7-acid-acorn-acre@", Error: true},
		{Typed: "https://name@relay.example/#7-acid-acorn-acre", Error: true},
	}
}

func verifyVectors() []verifyVector {
	return []verifyVector{
		{"fc451f3a28c6d46b", []int{69, 826, 198, 107}, []string{"announcer", "omnivorous", "chute", "attic"}},
		{"0000fc0003ffffff", []int{0, 0, 1023, 1023}, []string{"aardvark", "aardvark", "serpent", "serpent"}},
	}
}

// deriveVector is a code that is derived from a secret and a label.
type deriveVector struct {
	Secret string `json:"secret"`
	Label  string `json:"label"`
	Code   string `json:"code"`
}

// deriveVectors were computed by another implementation, in Python. For the label 4
// the first number is passed over, and for 64 a word is drawn twice.
func deriveVectors() []deriveVector {
	secret := strings.Repeat("0123456789abcdef", 4)
	return []deriveVector{
		{secret, "build 17", "744196520-feedback-sauna-wrangle"},
		{secret, "build 17", "744196520-feedback-sauna-wrangle-droppings-acetone-massager-auditorium-blouse"},
		{secret, "build 18", "577212333-cufflink-fillet-frosting"},
		{secret, "größe", "238949771-sycamore-emancipate-unjustly-jiffy"},
		{secret, "4", "590893225-unpaved-tiptoeing-jubilant"},
		{secret, "64", "521491912-gigabyte-wrongdoing-human-haiku-olympics-laxative-desktop-abnormal"},
		{strings.Repeat("f", 32), "", "818790567-census-dustpan"},
	}
}

// The vector file is what is written above, and the package says the same.
func TestVectors(t *testing.T) {
	for i, list := range [][]string{words().short, words().long} {
		sum := sha256.Sum256([]byte(strings.Join(list, "\n") + "\n"))
		want := listVectors()[i]
		got := listVector{want.Name, len(list), list[0], list[len(list)-1], hex.EncodeToString(sum[:])}
		if got != want {
			t.Errorf("word list %+v, want %+v", got, want)
		}
	}
	for _, v := range parseVectors() {
		c, err := Parse(v.Typed)
		got := parseVector{Typed: v.Typed, Nameplate: c.Nameplate, Secret: c.Secret(), Relay: c.Relay, Error: err != nil}
		if got != v {
			t.Errorf("%q is %+v, %v; want %+v", v.Typed, got, err, v)
		}
	}
	for _, v := range verifyVectors() {
		b, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if got := VerifyWords(b); !slices.Equal(got, v.Words) {
			t.Errorf("%s is %q, want %q", v.Bytes, got, v.Words)
		}
		for i, index := range v.Indexes {
			if n := int(b[2*i]&3)<<8 | int(b[2*i+1]); n != index || words().short[index] != v.Words[i] {
				t.Errorf("%s: word %d has the index %d, and %d is %q", v.Bytes, i, n, index, words().short[index])
			}
		}
	}
	for _, v := range deriveVectors() {
		if got, err := Derive(v.Secret, v.Label, strings.Count(v.Code, "-")); err != nil || got.String() != v.Code {
			t.Errorf("%q is %v, %v; want %s", v.Label, got, err, v.Code)
		}
	}
	vectortest.Check(t, "code.json", struct {
		Comment string         `json:"comment"`
		Lists   []listVector   `json:"lists"`
		Parse   []parseVector  `json:"parse"`
		Verify  []verifyVector `json:"verify"`
		Derive  []deriveVector `json:"derive"`
	}{
		"Word lists, sorted, each word followed by a newline, by their SHA-256; codes as they may be typed; verification words of verification bytes in hexadecimal; codes that are derived from a secret and a label.",
		listVectors(), parseVectors(), verifyVectors(), deriveVectors(),
	})
}

// The first verification words are those of the run in handshake.json.
func TestVerifyVectorIsOfTheHandshake(t *testing.T) {
	var file struct{ Secrets struct{ Verify string } }
	vectortest.Read(t, "handshake.json", &file)
	if got := verifyVectors()[0].Bytes; got != file.Secrets.Verify {
		t.Errorf("%s, handshake.json has %s", got, file.Secrets.Verify)
	}
}
