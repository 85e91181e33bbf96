package settings

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// values are what the settings of the tests set.
type values struct {
	Name   string
	Count  int
	On     bool
	TTL    time.Duration
	Nets   []string
	Secret string
	Tokens []token
}

type token struct {
	Name  string `toml:"name"`
	Rooms int    `toml:"rooms"`
}

func defaults() values { return values{Name: "default", Count: 1, TTL: time.Hour} }

// newSet makes a set of settings whose command line is args.
func newSet(t testing.TB, v *values, args ...string) *Set {
	t.Helper()
	set := New("TEST_", []Setting{
		{Name: "name", Value: &v.Name, Help: "a `name`"},
		{Name: "max-count", Value: &v.Count, Help: "a `number`"},
		{Name: "on", Value: &v.On, Help: "whether"},
		{Name: "ttl", Value: &v.TTL, Help: "how long"},
		{Name: "nets", Value: &v.Nets, Help: "`networks`"},
		{Name: "secret", Value: &v.Secret, Help: "a `secret`", Secret: true},
		{Name: "token", Value: &v.Tokens, Help: "tokens", FileOnly: true},
	})
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	set.Register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return set
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "test.toml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

const everything = `
name = "file"
max-count = 2
on = true
ttl = "2m"
nets = ["10.0.0.0/8", "192.168.0.0/16"]
secret = "file's"

[[token]]
name = "a"
rooms = 3
`

func TestPrecedence(t *testing.T) {
	file := writeFile(t, everything)
	env := map[string]string{
		"TEST_NAME": "environment", "TEST_MAX_COUNT": "3", "TEST_ON": "false", "TEST_TTL": "3m", "TEST_NETS": "fd00::/8,::1/128",
		"TEST_SECRET": "", // as if it were not there
	}
	fromFile := values{"file", 2, true, 2 * time.Minute, []string{"10.0.0.0/8", "192.168.0.0/16"}, "file's", []token{{"a", 3}}}
	fromEnv := fromFile
	fromEnv.Name, fromEnv.Count, fromEnv.On, fromEnv.TTL, fromEnv.Nets = "environment", 3, false, 3*time.Minute, []string{"fd00::/8", "::1/128"}
	fromFlags := fromEnv
	fromFlags.Name, fromFlags.Count, fromFlags.Nets = "flag", 0, []string{"1.1.1.1/32"}
	for _, tc := range []struct {
		what string
		file string
		env  map[string]string
		args []string
		want values
		made string // where the name was made
	}{
		{"nothing", "", nil, nil, defaults(), "--name"},
		{"the file", file, nil, nil, fromFile, file + ", line 2: name"},
		{"the environment", file, env, nil, fromEnv, "TEST_NAME"},
		{"flags", file, env, []string{"--name=flag", "--max-count=0", "--nets=1.1.1.1/32"}, fromFlags, "--name"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			got := defaults()
			set := newSet(t, &got, tc.args...)
			if err := set.Load(tc.file, environment(tc.env)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
			if place := set.Place("name"); place != tc.made {
				t.Errorf("name was made at %q, want %q", place, tc.made)
			}
			if set.Made("name") != (tc.what != "nothing") {
				t.Error("Made is wrong")
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		what, file string
		env        map[string]string
		problem    Problem
		name       string
		line       int
	}{
		{"an unknown key", "on = true\n\nmax-cuont = 3\n", nil, Unknown, "max-cuont", 3},
		{"an unknown key behind a known one", "on = true\nnaem = 'x'\non2 = true", nil, Unknown, "naem", 2},
		{"an unknown table", "on = true\n[limits]\nrooms = 1", nil, Unknown, "limits", 2},
		{"an unknown key of a table", "[[token]]\nname = 'x'\nroms = 1", nil, Unknown, "token.roms", 3},
		{"a string for a number", "\nmax-count = 'many'", nil, BadValue, "max-count", 2},
		{"a number for a string", "name = 7", nil, BadValue, "name", 1},
		{"no duration", "on = true\nttl = 'long'", nil, BadValue, "ttl", 2},
		{"a number for a duration", "ttl = 7", nil, BadValue, "ttl", 1},
		{"a string for a list", "nets = '10.0.0.0/8'", nil, BadValue, "nets", 1},
		{"no TOML", "on = true\nname", nil, BadSyntax, "", 2},
		{"a key twice", "on = true\non = false", nil, BadSyntax, "on", 2},
		{"a bad variable", "", map[string]string{"TEST_MAX_COUNT": "many"}, BadValue, "max-count", 0},
	} {
		t.Run(tc.what, func(t *testing.T) {
			v := defaults()
			err := newSet(t, &v).Load(writeFile(t, tc.file), environment(tc.env))
			var e *Error
			if !errors.As(err, &e) || e.Problem != tc.problem || e.Name != tc.name || e.Line != tc.line {
				t.Errorf("%+v", err)
				if e != nil {
					t.Errorf("problem %d, name %q, line %d", e.Problem, e.Name, e.Line)
				}
			}
		})
	}
}

// An error of an unknown key names the one that may be meant.
func TestNearest(t *testing.T) {
	for written, want := range map[string]string{
		"max-cuont": "max-count", "max_count": "max-count", "MaxCount": "max-count", "maxcount": "max-count", "nam": "name",
		"names": "name", "net": "nets", "tll": "ttl", "secrets": "secret", "tokens": "token", "something": "", "x": "", "limits.rooms": "",
	} {
		v := defaults()
		err := newSet(t, &v).Load(writeFile(t, written+" = 1"), environment(nil))
		var e *Error
		if !errors.As(err, &e) || e.Problem != Unknown || e.Nearest != want {
			t.Errorf("%s: %+v, want %q", written, e, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"ab", "ba", 2}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("%q, %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestValues(t *testing.T) {
	file := writeFile(t, "ttl = '2m'\nnets = ['10.0.0.0/8', '::1/128']\nsecret = 'x'\n")
	v := defaults()
	set := newSet(t, &v, "--name=flag")
	if err := set.Load(file, environment(map[string]string{"TEST_ON": "true"})); err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{"name", "flag", Flag, "--name", false},
		{"max-count", "1", Default, "", false},
		{"on", "true", Environment, "TEST_ON", false},
		{"ttl", "2m", File, file + ", line 1: ttl", false},
		{"nets", "10.0.0.0/8,::1/128", File, file + ", line 2: nets", false},
		{"secret", "", File, file + ", line 3: secret", true},
	}
	if got := set.Values(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestShortTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 10 * time.Second: "10s", 10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 20 * time.Hour: "20h", time.Millisecond: "1ms",
	} {
		if got := shortTime(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// Two commands can have the flag of one setting, and one of them only some.
func TestSharedFlags(t *testing.T) {
	v := defaults()
	set := New("TEST_", []Setting{{Name: "name", Short: "n", Value: &v.Name}, {Name: "on", Value: &v.On}})
	one, two := pflag.NewFlagSet("one", pflag.ContinueOnError), pflag.NewFlagSet("two", pflag.ContinueOnError)
	set.Register(one)
	set.Register(two, "name")
	if err := two.Parse([]string{"-n", "x"}); err != nil || two.Lookup("on") != nil || one.Lookup("on") == nil {
		t.Fatal(err)
	}
	if err := set.Load(writeFile(t, "name = 'y'\non = true"), environment(nil)); err != nil || v.Name != "x" || !v.On {
		t.Errorf("%+v, %v", v, err)
	}
}

// What is wrong is said without words of Go.
func TestCauses(t *testing.T) {
	for content, want := range map[string]string{
		"max-count = 'many'":            "it cannot be a TOML string, but has to be of the type integer",
		"on = 7":                        "it cannot be a TOML integer, but has to be true or false",
		"nets = '10.0.0.0/8'":           "it cannot be a TOML string, but has to be an array",
		"token = 'x'":                   "it cannot be a TOML string, but has to be tables, each under its name in [[ ]]",
		"[[token]]\nrooms = 'x'":        "it cannot be a TOML string, but has to be of the type integer",
		"on":                            "expected '=' after key",
		"max-count = 99999999999999999": "",
	} {
		v := defaults()
		err := newSet(t, &v).Load(writeFile(t, content), environment(nil))
		var e *Error
		if errors.As(err, &e) != (want != "") || e != nil && e.Cause() != want {
			t.Errorf("%s: %v", content, err)
			if e != nil {
				t.Error(e.Cause())
			}
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	v := defaults()
	for _, name := range []string{filepath.Join(t.TempDir(), "nowhere.toml"), t.TempDir(), writeFile(t, strings.Repeat("#", maxFile+1))} {
		var e *Error
		if err := newSet(t, &v).Load(name, environment(nil)); !errors.As(err, &e) || e.Problem != Unreadable || e.Place != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPrintCanBeReadBack(t *testing.T) {
	for _, content := range []string{everything, ""} {
		first := defaults()
		set := newSet(t, &first)
		if err := set.Load(writeFile(t, content), environment(nil)); err != nil {
			t.Fatal(err)
		}
		var printed bytes.Buffer
		if err := set.Print(&printed); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(printed.String(), "file's") {
			t.Errorf("a secret was printed:\n%s", &printed)
		}
		var second values // without the defaults
		if err := newSet(t, &second).Load(writeFile(t, printed.String()), environment(nil)); err != nil {
			t.Fatalf("%v in\n%s", err, &printed)
		}
		first.Secret = ""
		if len(first.Nets) == 0 {
			first.Nets = []string{}
		}
		if !reflect.DeepEqual(first, second) {
			t.Errorf("printed %+v\nread %+v\n%s", first, second, &printed)
		}
	}
}

// Whatever is in a file, it is read or there is an error that names a place.
func FuzzFile(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("on = true\non = false\n[x.y]\nz=1"))
	f.Add([]byte("ttl = 99999999999999999999\nmax-count=1e400"))
	f.Fuzz(func(t *testing.T, content []byte) {
		var v values
		_, err := newSet(t, &v).decode(content)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("%#v", err)
		}
	})
}
