package ignore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// oracleTrees is how many trees are compared with Git for each of the settings.
const oracleTrees = 60

// The rules of a Folder are those of git check-ignore, for generated trees and
// patterns.
func TestGitCheckIgnore(t *testing.T) {
	repo := newOracle(t)
	for _, fold := range []bool{false, true} {
		var answers, ignored int
		for seed := range uint64(oracleTrees) {
			tree := generate(seed, fold)
			want := repo.checkIgnore(t, fold, tree)
			got := tree.ignored(fold)
			for _, p := range tree.paths {
				answers++
				if want[p] {
					ignored++
				}
				if why, ignored := got[p]; want[p] != ignored {
					t.Fatalf("seed %d, fold %v: %q: git says %v, not %v by %q\n%s", seed, fold, p, want[p], ignored, why, tree)
				}
			}
		}
		t.Logf("fold %v: %d paths, of which %d are ignored", fold, answers, ignored)
		if ignored < answers/20 || ignored > answers*19/20 {
			t.Errorf("the patterns are too weak or too strong to prove something: %d of %d paths are ignored", ignored, answers)
		}
	}
}

// oracle is a repository of Git, whose work tree is made anew for each question.
type oracle struct{ program, dir string }

func newOracle(t *testing.T) *oracle {
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git")
	}
	o := &oracle{program, t.TempDir()}
	o.run(t, nil, "init", "-q", "--template=", "--bare", "repository")
	check(t, os.Mkdir(filepath.Join(o.dir, "repository", "info"), 0o755))
	return o
}

// run runs git without the settings of whoever runs the tests.
func (o *oracle) run(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(o.program, args...)
	cmd.Dir, cmd.Stdin = o.dir, bytes.NewReader(stdin)
	cmd.Env = []string{"GIT_CONFIG_NOSYSTEM=1", "HOME=" + filepath.Join(o.dir, "nobody"), "PATH=" + os.Getenv("PATH")}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("git %v: %v: %s", args, err, errs.Bytes())
	}
	return out
}

// checkIgnore asks git which paths of a tree are ignored.
func (o *oracle) checkIgnore(t *testing.T, fold bool, g *tree) map[string]bool {
	t.Helper()
	work := filepath.Join(o.dir, "work")
	check(t, os.RemoveAll(work))
	check(t, os.Mkdir(work, 0o755))
	g.write(t, work)
	check(t, os.WriteFile(filepath.Join(o.dir, "repository", "info", "exclude"), []byte(g.exclude), 0o644))
	out := o.run(t, []byte(strings.Join(g.paths, "\x00")+"\x00"), "-C", "work", "--git-dir", filepath.Join(o.dir, "repository"), "--work-tree", work,
		"-c", "core.bare=false", "-c", fmt.Sprint("core.ignorecase=", fold), "check-ignore", "--stdin", "-z", "--no-index")
	answer := make(map[string]bool)
	for p := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		answer[p] = true
	}
	return answer
}

// tree is a generated work tree.
type tree struct {
	dirs    map[string]bool
	paths   []string // of files and folders, a folder before what is in it
	ignores map[string]string
	exclude string
}

func (g *tree) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "exclude: %q\n", g.exclude)
	for dir, text := range g.ignores {
		fmt.Fprintf(&b, "%q: %q\n", dir+"/"+GitIgnore, text)
	}
	return b.String()
}

// write makes the folders and the patterns. Git need not see the files.
func (g *tree) write(t *testing.T, dir string) {
	t.Helper()
	for _, p := range g.paths {
		if g.dirs[p] {
			check(t, os.Mkdir(filepath.Join(dir, p), 0o755))
		}
	}
	for at, text := range g.ignores {
		check(t, os.WriteFile(filepath.Join(dir, at, GitIgnore), []byte(text), 0o644))
	}
}

// ignored asks this package which paths are ignored, as a walk would.
func (g *tree) ignored(fold bool) map[string]string {
	content := func(dir string) []byte {
		if text, ok := g.ignores[dir]; ok {
			return []byte(text)
		}
		return nil
	}
	entered := map[string]*Folder{".": Repository([]byte(g.exclude), content("."), fold)}
	answer := make(map[string]string)
	for _, p := range g.paths {
		parent := entered[filepath.ToSlash(filepath.Dir(p))]
		if parent == nil { // it is ignored
			answer[p] = "its folder"
			continue
		}
		name := filepath.Base(p)
		if pattern, ignored := parent.Ignored(name, g.dirs[p]); ignored {
			answer[p] = pattern
		} else if g.dirs[p] {
			entered[p] = parent.Enter(name, content(p))
		}
	}
	return answer
}

// generate makes a tree and patterns for it.
func generate(seed uint64, fold bool) *tree {
	r := rand.New(rand.NewPCG(seed, 13))
	g := &tree{dirs: make(map[string]bool), ignores: make(map[string]string)}
	g.fill(r, ".", 0, fold)
	g.ignores["."] = patterns(r)
	for _, p := range g.paths {
		if g.dirs[p] && r.IntN(3) == 0 {
			g.ignores[p] = patterns(r)
		}
	}
	if r.IntN(2) == 0 {
		g.exclude = patterns(r)
	}
	return g
}

// fill makes what is in a folder.
func (g *tree) fill(r *rand.Rand, dir string, depth int, fold bool) {
	taken := make(map[string]bool)
	for range 4 + r.IntN(8) {
		name := pick(r, names()...)
		key := name
		if fold {
			key = strings.ToLower(name)
		}
		if taken[key] {
			continue
		}
		taken[key] = true
		p := strings.TrimPrefix(dir+"/"+name, "./")
		g.paths = append(g.paths, p)
		if r.IntN(4) == 0 && depth < 4 {
			g.dirs[p] = true
			g.fill(r, p, depth+1, fold)
		}
	}
}

func names() []string {
	return []string{
		"a", "b", "c", "ab", "abc", "foo", "bar", "foobar", "a.txt", "b.o", "A", "Foo", "a b", " lead", "trail ",
		"#hash", "!bang", "a[b", "a]b", "[ab]", "a*b", "a?b", "a\\b", "-", "a-b", "x^", "é", "日本", ".hidden", "..a", "a\tb", "tr  ",
	}
}

func patterns(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(12) == 0 {
		b.WriteString("\xEF\xBB\xBF")
	}
	for range 1 + r.IntN(6) {
		b.WriteString(line(r))
		b.WriteString(pick(r, "\n", "\n", "\n", "\n", "\r\n"))
	}
	return strings.TrimSuffix(b.String(), pick(r, "\n", ""))
}

// line makes one line of a .gitignore file.
func line(r *rand.Rand) string {
	if r.IntN(15) == 0 {
		return pick(r, "", "#", "# a", "!", "/", "//", "!/", "  ", `\`, `\#hash`, `\!bang`, "**", "/**", "**/", "!**", "*/", "/*", "!/*", "***", "a//b", "./a", "a/./b", "../a", "\x00a", "a\x00b")
	}
	var b strings.Builder
	if r.IntN(4) == 0 {
		b.WriteString("!")
	}
	if r.IntN(4) == 0 {
		b.WriteString("/")
	}
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			b.WriteString(pick(r, "/", "/", "/", "/**/", "/*/", `\/`))
		}
		for range 1 + r.IntN(3) {
			b.WriteString(part(r))
		}
	}
	if r.IntN(4) == 0 {
		b.WriteString(pick(r, "/", "/", "/**", "/*", "//"))
	}
	if r.IntN(6) == 0 {
		b.WriteString(pick(r, " ", "  ", `\ `, `\  `, `\\ `, "\t"))
	}
	return b.String()
}

// part makes a piece of a name in a pattern.
func part(r *rand.Rand) string {
	switch r.IntN(12) {
	case 0, 1:
		return "*"
	case 2:
		return "?"
	case 3:
		return pick(r, "**", "***")
	case 4, 5:
		return pick(r, "[ab]", "[!ab]", "[^ab]", "[a-c]", "[c-a]", "[!a-c]", "[]]", "[!]]", "[]-a]", "[a-]", "[-a]", "[[:alpha:]]", "[![:alpha:]]",
			"[[:digit:][:upper:]]", "[[:bogus:]]", "[[:alpha]", "[[:]", "[", "[a", "[!", `[\]]`, `[\a-\c]`, `[a-\c]`, `[\\]`, "[A-Z]", "[A]", "[[:upper:]]",
			"[[:lower:]]", "[[:punct:]]", "[[:space:]]", "[[:graph:]]", "[*]", "[?]", "[[]", "[/]", "[a/b]", "[.-a]", "[é]", "[--a]", "[a-[:alpha:]]", "[[::]]", "[[:alpha:]-z]")
	case 6:
		return pick(r, `\a`, `\*`, `\?`, `\[`, `\\`, `\ `, `\é`)
	}
	return pick(r, names()...)
}

// Every class of POSIX has the characters that Git gives it.
func TestGitClasses(t *testing.T) {
	repo := newOracle(t)
	for _, fold := range []bool{false, true} {
		for _, class := range []string{"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"} {
			g := &tree{ignores: map[string]string{".": "x[[:" + class + ":]]"}}
			for c := 1; c < 256; c++ {
				if c != '/' {
					g.paths = append(g.paths, "x"+string([]byte{byte(c)}))
				}
			}
			want, got := repo.checkIgnore(t, fold, g), g.ignored(fold)
			for _, p := range g.paths {
				if _, ignored := got[p]; ignored != want[p] {
					t.Errorf("%s, fold %v: %q: git says %v", class, fold, p, want[p])
				}
			}
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pick(r *rand.Rand, all ...string) string { return all[r.IntN(len(all))] }
