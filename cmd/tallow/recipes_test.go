package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// block is a fenced block of a page.
type block struct {
	heading string // the last one before it
	info    string // what follows the fence: a language, and perhaps a mark
	text    string
}

func blocks(page string) (all []block) {
	heading := ""
	var open *block
	for line := range strings.Lines(page) {
		switch {
		case open != nil && strings.HasPrefix(line, "```"):
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line
		case strings.HasPrefix(line, "```"):
			open = &block{heading: heading, info: strings.TrimSpace(strings.Trim(line, "`\n"))}
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.Trim(line, "#\n"))
		}
	}
	return all
}

// exampleCode is the code that the documentation shows.
const exampleCode = "7-apple-walrus-kayak"

// recipeShell prepares a shell in dir that uses the relay. The person at it accepts what is
// offered.
func recipeShell(t *testing.T, dir, relay, script string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	const accept = `tallow() { [ "$1" = receive ] && { shift; set -- receive --yes "$@"; }; command tallow "$@"; }` + "\n"
	cmd := exec.CommandContext(ctx, "sh", "-euc", accept+script)
	cmd.Dir = dir
	cmd.WaitDelay = time.Minute
	cmd.Env = append(os.Environ(),
		"TALLOW_RELAY="+relay, "TALLOW_CODE=", "XDG_STATE_HOME="+filepath.Join(dir, ".state"), "XDG_CONFIG_HOME="+filepath.Join(dir, ".config"), "GORACE=atexit_sleep_ms=0",
		"TALLOW_CODE_SECRET="+strings.Repeat("0123456789abcdef", 4), "CI_PROJECT=group/app", "CI_BUILD_NUMBER=17")
	return cmd
}

// write makes files with some content in dir.
func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("the content of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func sameFile(t *testing.T, got, want string) {
	t.Helper()
	a, errA := os.ReadFile(got)
	b, errB := os.ReadFile(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("%s has %q, %v; want %q, %v", got, a, errA, b, errB)
	}
}

// The recipes of the documentation work as they are written: each is a script with
// both sides.
func TestRecipes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	relay := startRelay(t)
	count := 0
	for _, page := range []string{"ci.md", "guide.md"} {
		for _, b := range blocks(pages(t)[page]) {
			if b.info != "sh recipe" {
				continue
			}
			count++
			t.Run(page+"/"+b.heading, func(t *testing.T) {
				dir := t.TempDir()
				write(t, dir, "dist/app", "dist/lib/data", "backup.tar")
				out, err := recipeShell(t, dir, relay, b.text).CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if strings.Contains(b.text, "backup.tar") {
					sameFile(t, filepath.Join(dir, "incoming/backup.tar"), filepath.Join(dir, "backup.tar"))
				} else {
					sameFile(t, filepath.Join(dir, "incoming/dist/app"), filepath.Join(dir, "dist/app"))
					sameFile(t, filepath.Join(dir, "incoming/dist/lib/data"), filepath.Join(dir, "dist/lib/data"))
				}
				if strings.Contains(b.text, "--json") && !strings.Contains(string(out), `{"event":"done"`) {
					t.Errorf("no event done in:\n%s", out)
				}
			})
		}
	}
	if count < 4 {
		t.Errorf("only %d recipes were found", count)
	}
}

// The commands of the guide, one block for each machine, do what it says.
func TestGuide(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	relay := startRelay(t)
	all := blocks(pages(t)["guide.md"])
	want := map[string][]string{ // what is there afterwards, and what it was at the sender
		"report.pdf":          {"report.pdf"},
		"reports/2026.pdf":    {"report.pdf"},
		"from-anna/notes.txt": {"notes.txt", "from-anna/photos/a.jpg", "photos/a.jpg", "from-anna/photos/b/c.jpg", "photos/b/c.jpg"},
		"photos/b/c.jpg":      {"photos/b/c.jpg", "photos/a.jpg", "photos/a.jpg"},
	}
	met := make(map[string]bool)
	pairs := 0
	for i, b := range all {
		if b.info != "sh send" {
			continue
		}
		if i+1 == len(all) || all[i+1].info != "sh receive" {
			t.Fatalf("after %q there is no block of the receiver", b.text)
		}
		pairs++
		there := runPair(t, relay, b, all[i+1])
		for first, files := range want {
			if _, err := os.Stat(filepath.Join(there, first)); err != nil {
				continue
			}
			met[first] = true
			files = append([]string{first}, files...)
			for ; len(files) > 1; files = files[2:] {
				sameFile(t, filepath.Join(there, files[0]), filepath.Join(there, "../here", files[1]))
			}
		}
	}
	if pairs < 7 || len(met) != len(want) {
		t.Errorf("%d pairs of blocks, and of %v only %v", pairs, want, met)
	}
}

// runPair runs the blocks of both machines, and returns the folder of the receiver.
func runPair(t *testing.T, relay string, sends, receives block) (there string) {
	t.Helper()
	dir := t.TempDir()
	here, there := filepath.Join(dir, "here"), filepath.Join(dir, "there")
	write(t, here, "report.pdf", "notes.txt", "photos/a.jpg", "photos/b/c.jpg")
	if err := os.MkdirAll(filepath.Join(there, "reports"), 0o755); err != nil {
		t.Fatal(err)
	}
	codeFile, err := os.Create(filepath.Join(dir, "code.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer codeFile.Close()
	sender := recipeShell(t, here, relay, sends.text)
	var said strings.Builder
	sender.Stdout, sender.Stderr = codeFile, &said
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	code, err := firstLine(codeFile.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(receives.text, exampleCode) {
		t.Errorf("%s: the receiver has not the code %s", receives.heading, exampleCode)
	}
	out, err := recipeShell(t, there, relay, strings.ReplaceAll(receives.text, exampleCode, code)).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", receives.heading, err, out)
	}
	if err := sender.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", sends.heading, err, said.String())
	}
	if text := regexp.MustCompile(`--text '(.*)'`).FindStringSubmatch(sends.text); text != nil && !strings.Contains(string(out), text[1]+"\n") {
		t.Errorf("the text %q is not in:\n%s", text[1], out)
	}
	return there
}

// The pipelines of the documentation are YAML.
func TestPipelinesParse(t *testing.T) {
	count := 0
	for name, page := range pages(t) {
		for _, b := range blocks(page) {
			if lang, _, _ := strings.Cut(b.info, " "); lang != "yaml" && lang != "yml" {
				continue
			}
			count++
			var doc map[string]any
			if err := yaml.Unmarshal([]byte(b.text), &doc); err != nil || len(doc) == 0 {
				t.Errorf("%s, %s: %d keys, %v", name, b.heading, len(doc), err)
			}
		}
	}
	if count < 2 {
		t.Errorf("only %d blocks of YAML were found", count)
	}
}
