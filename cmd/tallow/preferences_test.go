package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// withEnvironment is a program whose variables are these.
func withEnvironment(variables map[string]string) *program {
	return &program{getenv: func(name string) string { return variables[name] }}
}

// verb returns a command of a program, with its flags parsed.
func verb(t *testing.T, p *program, args ...string) *cobra.Command {
	t.Helper()
	cmd, rest, err := newRoot(p).Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// Every setting is a flag of send or receive, but for the account for mails, and is in the
// documentation.
func TestPreferencesAreFlags(t *testing.T) {
	p := withEnvironment(nil)
	send, receive := verb(t, p, "send"), verb(t, p, "receive")
	b, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\nThe settings are ")
	section, _, _ = strings.Cut(section, "\n\n")
	account := []string{"mail-from", "smtp", "smtp-password", "resend-key"}
	for _, name := range p.settings.Names() {
		isFlag := send.Flags().Lookup(name) != nil || receive.Flags().Lookup(name) != nil
		if isFlag == slices.Contains(account, name) {
			t.Errorf("--%s is a flag of one: %v", name, isFlag)
		}
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("%s is not among the settings of docs/cli.md", name)
		}
	}
}

// What is a flag of send or receive and no setting is of one run.
func TestFlagsThatAreNotKept(t *testing.T) {
	p := withEnvironment(nil)
	ofOneRun := []string{
		"code", "text", "name", "json", "help", "config", "version", "dry-run", "qr", "copy",
		"exclude", "exclude-from", "include", "gitignore", "follow-symlinks", "password-file", "password", "store", "store-after", "expires", "downloads",
		"mail", "mail-note", "notify", "link-words-file",
		"to", "listen", "keep",
	}
	for _, name := range []string{"send", "receive"} {
		verb(t, p, name).Flags().VisitAll(func(f *pflag.Flag) {
			if p.settings.Flag(f.Name) == nil && !slices.Contains(ofOneRun, f.Name) {
				t.Errorf("--%s of %s is neither a setting nor of one run", f.Name, name)
			}
		})
	}
}

// The variables of send and receive are none of the relay's, but for the password,
// which is the same on both sides.
func TestVariablesOfTwoPrograms(t *testing.T) {
	s := &server{program: withEnvironment(nil)}
	taken := []string{variablePrefix + "CONFIG"}
	for _, setting := range s.table() {
		taken = append(taken, variablePrefix+strings.ToUpper(strings.ReplaceAll(setting.Name, "-", "_")))
	}
	preferences := newPreferences(withEnvironment(nil))
	for _, name := range append(preferences.Names(), "code", "config") {
		if v := preferences.Variable(name); slices.Contains(taken, v) && name != "relay-password" {
			t.Errorf("%s is also a variable of the relay", v)
		}
	}
}

func TestConfigFilePlace(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have other folders")
	}
	for _, tc := range []struct {
		env   map[string]string
		flag  string
		want  string
		named bool
	}{
		{map[string]string{"HOME": "/home/me"}, "", "/home/me/.config/tallow/config.toml", false},
		{map[string]string{"HOME": "/home/me", "XDG_CONFIG_HOME": "/etc/me"}, "", "/etc/me/tallow/config.toml", false},
		{map[string]string{"HOME": "/home/me", "XDG_CONFIG_HOME": "relative"}, "", "/home/me/.config/tallow/config.toml", false},
		{map[string]string{"HOME": "/home/me", "TALLOW_CONFIG": "a.toml"}, "", "a.toml", true},
		{map[string]string{"HOME": "/home/me", "TALLOW_CONFIG": "a.toml"}, "b.toml", "b.toml", true},
		{nil, "", "", false},
		{map[string]string{"HOME": "relative"}, "", "", false},
	} {
		p := withEnvironment(tc.env)
		p.configFlag = tc.flag
		if got, named := p.configFile(); got != tc.want || named != tc.named {
			t.Errorf("%v: %q, %t", tc.env, got, named)
		}
	}
}

// A folder that is kept is a folder, in a fixed place, whatever is given by a flag.
func TestPlaceOfTheOutput(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("paths are others there")
	}
	for _, tc := range []struct {
		variable, flag, want string
		fails                bool
	}{
		{"", "", "", false},
		{"/srv/in", "", "/srv/in/", false},
		{"/srv/in/", "", "/srv/in/", false},
		{"~", "", "/home/me/", false},
		{"~/Downloads", "", "/home/me/Downloads/", false},
		{"~you/Downloads", "", "", true},
		{"Downloads", "", "", true},
		{"-", "", "", true},
		{"/srv/in", "name", "name", false},
		{"Downloads", "-", "-", false},
	} {
		p := withEnvironment(map[string]string{"HOME": "/home/me", "TALLOW_OUTPUT": tc.variable})
		args := []string{"receive"}
		if tc.flag != "" {
			args = append(args, "--output", tc.flag)
		}
		err := p.loadPreferences(verb(t, p, args...), time.Minute)
		if (err != nil) != tc.fails || err == nil && p.preferences.output != tc.want {
			t.Errorf("%+v: %q, %v", tc, p.preferences.output, err)
		}
	}
}

// An account without a home of its own has no file, and one that names a file has to
// have it.
func TestAbsentConfigFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{"", "/nowhere", file, filepath.Join(file, "below")} {
		p := withEnvironment(map[string]string{"HOME": home})
		if err := p.loadPreferences(verb(t, p, "send"), time.Minute); err != nil {
			t.Errorf("HOME=%s: %v", home, err)
		}
	}
	p := withEnvironment(map[string]string{"TALLOW_CONFIG": filepath.Join(file, "below")})
	if err := p.loadPreferences(verb(t, p, "send"), time.Minute); err == nil {
		t.Error("a file that is named and not there is ignored")
	}
}

// A device has the relay of its pairing, which does not learn what is for another one.
func TestSecretsStayWithTheirRelay(t *testing.T) {
	all := preferences{relay: "relay.example", pins: []string{"pin"}, relayPassword: "password", storeToken: "token"}
	v := all
	v.useRelay("relay.example")
	if v.relayPassword != "password" || v.storeToken != "token" || len(v.pins) != 1 {
		t.Errorf("%+v", v)
	}
	v.useRelay("other.example")
	if v.relay != "other.example" || v.relayPassword != "" || v.storeToken != "" || len(v.pins) != 0 {
		t.Errorf("%+v", v)
	}
}
