package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand calls f with every command that people see, and a name for a subtest.
func everyCommand(t *testing.T, f func(t *testing.T, cmd *cobra.Command)) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "-"), func(t *testing.T) { f(t, cmd) })
		for _, verb := range cmd.Commands() {
			if !verb.Hidden && verb.Name() != "help" {
				visit(verb)
			}
		}
	}
	visit(newRoot(&program{getenv: func(string) string { return "" }}))
}

// Help begins with examples, and has every flag.
func TestHelp(t *testing.T) {
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		if cmd.Example == "" || cmd.Short == "" {
			t.Fatal("there is no example, or it does not say what it does")
		}
		var b strings.Builder
		writeHelp(&b, cmd, 0)
		help := b.String()
		at := 0
		for _, part := range []string{cmd.Short + ".\n", "\nExamples:\n" + cmd.Example + "\n", "\nUsage:\n  tallow", "Flags"} {
			i := strings.Index(help[at:], part)
			if i < 0 {
				t.Fatalf("there is no %q, or not there, in\n%s", part, help)
			}
			at += i
		}
		everyFlag(cmd, func(f *pflag.Flag) {
			if !strings.Contains(help, "--"+f.Name) {
				t.Errorf("there is no --%s in\n%s", f.Name, help)
			}
		})
		if strings.Contains(help, "`") {
			t.Errorf("there are backticks in\n%s", help)
		}
	})
}

func everyFlag(cmd *cobra.Command, f func(*pflag.Flag)) {
	cmd.LocalFlags().VisitAll(f)
	cmd.InheritedFlags().VisitAll(f)
}

// The flags of examples exist, and their values can be parsed.
func TestHelpExamples(t *testing.T) {
	call := regexp.MustCompile(`tallow [^|>)#]*`)
	quoted := regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			text, _, _ := strings.Cut(strings.TrimSpace(line), "   ") // what is behind it is a remark
			found := call.FindString(text)
			if found == "" {
				t.Errorf("no call of tallow: %s", line)
				continue
			}
			words := quoted.FindAllString(found, -1)[1:]
			verb, args, err := newRoot(&program{getenv: func(string) string { return "" }}).Find(words)
			if err == nil {
				err = verb.ParseFlags(args)
			}
			if err != nil {
				t.Errorf("%s: %v", strings.TrimSpace(line), err)
			}
		}
	})
}

// The lines of flags fit into a terminal, wide or narrow.
func TestHelpFits(t *testing.T) {
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		for _, columns := range []int{80, 100} {
			var b strings.Builder
			writeHelp(&b, cmd, columns)
			for line := range strings.Lines(b.String()) {
				if !strings.Contains(strings.TrimSpace(line), " ") {
					continue // one word, such as a URL
				}
				if n := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); n > columns {
					t.Errorf("%d columns in a terminal of %d: %s", n, columns, line)
				}
			}
		}
	})
}

// There is a manual page for each command, with all its flags, which groff takes
// without a warning, and which a release has.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	root := newRoot(&program{getenv: func(string) string { return "" }})
	root.SetArgs([]string{"man", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	release, err := os.ReadFile("../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		file := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name := "- man/man1/" + filepath.Base(file) + "\n"; !strings.Contains(string(release), name) {
			t.Errorf("the Homebrew cask in .goreleaser.yaml has no %s", name)
		}
		plain := strings.ReplaceAll(string(page), `\-`, "-")
		everyFlag(cmd, func(f *pflag.Flag) {
			if !strings.Contains(plain, "--"+f.Name) {
				t.Errorf("%s has no --%s", file, f.Name)
			}
		})
		if !strings.Contains(plain, ".SH EXAMPLE") {
			t.Errorf("%s has no example", file)
		}
		checkPage(t, file)
	})
}

// checkPage checks a manual page with the tools that are here.
func checkPage(t *testing.T, file string) {
	for _, tool := range [][]string{
		{"man", "--warnings", "--encoding=UTF-8", "--troff-device=utf8", "--ditroff", "--local-file", file},
		{"mandoc", "-T", "lint", "-W", "error", file},
	} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			continue
		}
		var problems bytes.Buffer
		cmd := exec.CommandContext(t.Context(), tool[0], tool[1:]...)
		cmd.Stderr = &problems
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANROFFSEQ=", "MANWIDTH=80")
		err := cmd.Run()
		if strings.Contains(problems.String(), "No such file or directory") {
			continue // man without groff
		}
		if err != nil || problems.Len() > 0 {
			t.Errorf("%s: %v\n%s", tool[0], err, &problems)
		}
	}
}

// Each shell takes its completion script.
func TestCompletionScripts(t *testing.T) {
	for name, check := range map[string][]string{
		"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "--no-execute"},
		"powershell": {"pwsh", "-NoProfile", "-Command", "$e = $null; [void][System.Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); $e; exit $e.Count"},
	} {
		t.Run(name, func(t *testing.T) {
			var script bytes.Buffer
			root := newRoot(&program{getenv: func(string) string { return "" }})
			root.SetOut(&script)
			root.SetArgs([]string{"completion", name})
			if err := root.Execute(); err != nil || script.Len() == 0 {
				t.Fatalf("%d bytes, %v", script.Len(), err)
			}
			if _, err := exec.LookPath(check[0]); err != nil {
				t.Skipf("there is no %s here", check[0])
			}
			file := filepath.Join(t.TempDir(), "script.ps1")
			if err := os.WriteFile(file, script.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			output, err := exec.CommandContext(t.Context(), check[0], append(check[1:], file)...).CombinedOutput()
			if err != nil || len(output) > 0 {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}
