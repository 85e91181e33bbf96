package names_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// gateRow is a name that a peer sends, and why each family of systems refuses it;
// empty if it is allowed.
type gateRow struct {
	path          string
	unix, windows string
}

// gateTable has names that a hostile, or just a different, peer may send.
func gateTable() []gateRow {
	long255, long256 := strings.Repeat("x", 255), strings.Repeat("x", 256)
	deep := strings.Repeat("d/", wire.MaxPath/2)
	return []gateRow{
		// Ordinary names.
		{"a.txt", "", ""},
		{"top/a b/c-d_e.tar.gz", "", ""},
		{"...", "", "name ends with a dot or space (Windows)"}, // an odd name on unix, ends with a dot on Windows
		{"..a", "", ""},
		{"a..b", "", ""},
		{".hidden", "", ""},
		{"-rf", "", ""},
		{" lead", "", ""},
		{"~", "", ""},
		{"$HOME/`id`;&", "", ""},
		{"文件/名前/русский/العربية/עברית/ไทย", "", ""},
		{"e\u0301te\u0301", "", ""},
		{"😀\u200d👩.png", "", ""}, // joined emoji
		{"a\u200fb", "", ""},     // a right-to-left mark is ordinary in Hebrew names
		{long255, "", ""},
		{deep[:wire.MaxPath-1], "", ""},
		{"consolé/nul1/com/com10/lpt/auxiliary", "", ""},
		{"top/.tallow-0123", "", ""}, // not at the top: not ours

		// Paths that lead out.
		{"", "empty path", "empty path"},
		{".", "path with . or ..", "path with . or .."},
		{"..", "path with . or ..", "path with . or .."},
		{"../a", "path with . or ..", "path with . or .."},
		{"a/..", "path with . or ..", "path with . or .."},
		{"a/../../b", "path with . or ..", "path with . or .."},
		{"a/./b", "path with . or ..", "path with . or .."},
		{"/", "absolute path", "absolute path"},
		{"/etc/passwd", "absolute path", "absolute path"},
		{"//host/share", "absolute path", "absolute path"},
		{"a//b", "empty name in the path", "empty name in the path"},
		{"a/", "empty name in the path", "empty name in the path"},
		{`..\..\a`, "", "character that Windows does not allow"}, // a backslash is a letter on unix
		{`\a`, "", "absolute path"},
		{`\\host\share\a`, "", "absolute path"},
		{`\\?\C:\a`, "", "absolute path"},
		{`a\b`, "", "character that Windows does not allow"},
		{"C:", "", "character that Windows does not allow"},
		{"C:a", "", "character that Windows does not allow"},
		{"C:/Windows/a", "", "character that Windows does not allow"},
		{"c:\\windows\\system32", "", "character that Windows does not allow"},

		// Names that deceive a terminal or a user.
		{"a\x00b", "control character in the name", "control character in the name"},
		{"a\nb", "control character in the name", "control character in the name"},
		{"a\rb", "control character in the name", "control character in the name"},
		{"a\tb", "control character in the name", "control character in the name"},
		{"\x1b[2J", "control character in the name", "control character in the name"},
		{"\x1b]0;title\x07", "control character in the name", "control character in the name"},
		{"a\x7f", "control character in the name", "control character in the name"},
		{"a\u009bb", "control character in the name", "control character in the name"}, // CSI in one character
		{"a\u0085b", "control character in the name", "control character in the name"},
		{"a\u2028b", "control character in the name", "control character in the name"},
		{"invoice\u202efdp.exe", "text direction control in the name", "text direction control in the name"},
		{"a\u202ab", "text direction control in the name", "text direction control in the name"},
		{"a\u2066b", "text direction control in the name", "text direction control in the name"},
		{"a\u2069b", "text direction control in the name", "text direction control in the name"},
		{"a\xffb", "name is not UTF-8", "name is not UTF-8"},
		{"a\xc0\xafb", "name is not UTF-8", "name is not UTF-8"},     // overlong "/"
		{"a\xed\xa0\x80b", "name is not UTF-8", "name is not UTF-8"}, // half a surrogate pair

		// Devices and other special names of Windows.
		{"CON", "", "name of a Windows device"},
		{"nul", "", "name of a Windows device"},
		{"top/Aux.txt", "", "name of a Windows device"},
		{"prn.tar.gz", "", "name of a Windows device"},
		{"COM1", "", "name of a Windows device"},
		{"com0.log", "", "name of a Windows device"},
		{"COM¹", "", "name of a Windows device"},
		{"lpt³.x", "", "name of a Windows device"},
		{"CONIN$", "", "name of a Windows device"},
		{"conout$.x", "", "name of a Windows device"},
		{"NUL .txt", "", "name of a Windows device"},
		{"NUL/a", "", "name of a Windows device"},
		{"a.txt:stream", "", "character that Windows does not allow"},
		{"a::$DATA", "", "character that Windows does not allow"},
		{"a.", "", "name ends with a dot or space (Windows)"},
		{"a ", "", "name ends with a dot or space (Windows)"},
		{"dir./a", "", "name ends with a dot or space (Windows)"},
		{"a<b", "", "character that Windows does not allow"},
		{"a>b", "", "character that Windows does not allow"},
		{"a\"b", "", "character that Windows does not allow"},
		{"a|b", "", "character that Windows does not allow"},
		{"a?", "", "character that Windows does not allow"},
		{"*", "", "character that Windows does not allow"},

		// Too long.
		{long256, "name too long", "name too long"},
		{"top/" + long256, "name too long", "name too long"},
		{strings.Repeat("é", 128), "name too long", ""},              // 256 bytes, 128 units
		{strings.Repeat("😀", 128), "name too long", "name too long"}, // 256 units
		{deep + "x", "path too long", "path too long"},

		// Perhaps the same for a disk; only the disk can tell.
		{"A.TXT", "", ""},
		{"\u00e9", "", ""},       // NFC
		{"e\u0301", "", ""},      // NFD
		{"\uac00", "", ""},       // a Hangul syllable, and its parts
		{"\u1100\u1161", "", ""}, //
		{"stra\u00dfe/STRASSE", "", ""},
		{"\u212a", "", ""}, // the Kelvin sign, which is k in lower case
		{"a\u200bb", "", ""},
		{"\ufeffa", "", ""},
		{"\uff0e\uff0e/a", "", ""}, // full-width dots and
		{"a\uff0fb", "", ""},       // slash: letters
		{"\u2025/a", "", ""},       // two dots in one character
		{"%2e%2e%2fa", "", ""},
		{"..%c0%af", "", ""},
		{"AUX\u0301", "", ""}, // not the device: an accent belongs to it
		{"CON.", "", "name ends with a dot or space (Windows)"},
		{"con .", "", "name ends with a dot or space (Windows)"},
		{"com¹.txt", "", "name of a Windows device"},
		{"\\\\.\\pipe\\x", "", "absolute path"},
		{"a/b:c/d", "", "character that Windows does not allow"},
		{"a /b", "", "name ends with a dot or space (Windows)"},
		{"\u0600a", "", ""},
		{"\x1b", "control character in the name", "control character in the name"},
		{"top/\x07", "control character in the name", "control character in the name"},
		{"a\x08b", "control character in the name", "control character in the name"},
		{"a/\x00", "control character in the name", "control character in the name"},
		{"./a", "path with . or ..", "path with . or .."},
		{"../../../../../../etc/shadow", "path with . or ..", "path with . or .."},
		{"a/b/../../../c", "path with . or ..", "path with . or .."},
		{"\xf4\x90\x80\x80", "name is not UTF-8", "name is not UTF-8"}, // beyond Unicode
		{"a\u2067b", "text direction control in the name", "text direction control in the name"},
		{"a\u202db", "text direction control in the name", "text direction control in the name"},

		// The partial folder.
		{".tallow-0123456789abcdef", "name is reserved for tallow's own folder", "name is reserved for tallow's own folder"},
		{".tallow-0123456789abcdef/journal", "name is reserved for tallow's own folder", "name is reserved for tallow's own folder"},
		{".TALLOW-x", "name is reserved for tallow's own folder", "name is reserved for tallow's own folder"},
		{".tallow-", "name is reserved for tallow's own folder", "name is reserved for tallow's own folder"},
		{".tallow", "", ""},
	}
}

func TestGate(t *testing.T) {
	table, hostile := gateTable(), 0
	for _, tt := range table {
		if tt.unix+tt.windows != "" {
			hostile++
		}
		for r, want := range map[names.Rules]string{names.Unix: tt.unix, names.Windows: tt.windows} {
			if got := r.Path(tt.path); got != want || len(got) > wire.MaxSkipReason {
				t.Errorf("rules %d of %.40q: %q, want %q", r, tt.path, got, want)
			}
		}
	}
	if hostile < 60 {
		t.Errorf("only %d of %d rows are hostile", hostile, len(table))
	}
}

// The same names on the disk of this system, received in every way: each file
// ends up at its path below the destination, or nothing of it does.
func TestGateOnDisk(t *testing.T) {
	for way, options := range map[string]destination.Options{"folder": {}, "as": {As: "new"}} {
		for _, tt := range gateTable() {
			if len(tt.path) > 1000 {
				continue // TestDeepAndLong has such
			}
			want := map[names.Rules]string{names.Unix: tt.unix, names.Windows: tt.windows}[names.Host()]
			base := t.TempDir()
			dest := filepath.Join(base, "dest")
			f, err := destination.NewFolder(t.Context(), dest, options)
			check(t, err)
			top, rest, nested := strings.Cut(tt.path, "/")
			check(t, f.Begin(t.Context(), []string{top}, 0))
			landed, err := receiveByte(t, f, tt.path)
			var skip *destination.SkipError
			switch {
			case want == "" && err == nil:
				at := tt.path
				if way == "as" {
					at = "new"
					if nested {
						at += "/" + rest
					}
				}
				if landed != at {
					t.Errorf("%s: %.40q landed at %.40q", way, tt.path, landed)
				}
				if got, err := readFile(dest, at); err != nil || string(got) != "x" {
					t.Errorf("%s: %.40q: %q, %v", way, tt.path, got, err)
				}
			case !errors.As(err, &skip) || skip.Reason != want:
				t.Errorf("%s: %.40q gives %v, want %q", way, tt.path, err, want)
			}
			check(t, f.Close())
			if list, err := os.ReadDir(base); err != nil || len(list) > 1 {
				t.Errorf("%s: %.40q left %v, %v", way, tt.path, list, err)
			}
			if want != "" {
				holdsNoFile(t, dest)
			}
		}
	}
}

// readFile reads a file of dest, and follows no symlink that leads out.
func readFile(dest, at string) ([]byte, error) {
	root, err := os.OpenRoot(dest)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.ReadFile(at)
}

// holdsNoFile fails the test if dest has anything but folders.
func holdsNoFile(t *testing.T, dest string) {
	t.Helper()
	root, err := os.OpenRoot(dest)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	check(t, err)
	defer root.Close()
	check(t, fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("%q was left", p)
		}
		return err
	}))
}

// receiveByte receives a file of one byte and the folders that it is in, and
// returns where it ended up.
func receiveByte(t *testing.T, f *destination.Folder, p string) (string, error) {
	t.Helper()
	for i, c := range p {
		if c != '/' {
			continue
		}
		_, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindDir, Mode: 0o755, Path: p[:i]})
		if err != nil && names.Host().Path(p[:i]) == "" {
			return "", err // of a folder that should be taken
		}
	}
	file, err := f.Prepare(t.Context(), 1, files.Entry{Kind: files.KindFile, Mode: 0o644, Size: 1, Path: p})
	if err != nil {
		return "", err
	}
	_, err = file.WriteAt([]byte("x"), 0)
	check(t, err)
	return file.Path(), f.Commit(t.Context(), []files.File{file})[0]
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTarget(t *testing.T) {
	tests := []struct {
		path, target  string
		unix, windows bool
	}{
		{"top/l", "a", true, true},
		{"top/l", ".", true, true},
		{"top/l", "./a//b/", true, true},
		{"top/a/l", "../b", true, true},
		{"top/a/l", "..", true, true},
		{"top/a/l", "b/../../c", true, true},
		{"top/l", "a:b", true, false},
		{"top/l", "", false, false},
		{"l", "a", false, false}, // beside the tree
		{"top/l", "..", false, false},
		{"top/a/l", "../../top/b", false, false}, // out and in again
		{"top/l", "../top2", false, false},
		{"top/l", "../to", false, false},
		{"top/a/l", "../..", false, false},
		{"top/l", "/etc/passwd", false, false},
		{"top/l", "a/../../x", false, false},
		{"top/l", "a\x1b[2J", false, false},
		{"top/l", "a\xff", false, false},
		{"top/l", `..\..\x`, true, false},
		{"top/l", `C:\x`, true, false},
		{"top/l", strings.Repeat("x", 256), false, false},
		{"top/l", strings.Repeat("./", wire.MaxTarget/2) + "x", false, false},
	}
	for _, tt := range tests {
		for r, want := range map[names.Rules]bool{names.Unix: tt.unix, names.Windows: tt.windows} {
			reason := r.Target(tt.path, tt.target)
			if (reason == "") != want {
				t.Errorf("rules %d of %q -> %.40q: %q", r, tt.path, tt.target, reason)
			}
			if len(reason) > wire.MaxSkipReason {
				t.Errorf("%q has %d bytes", reason, len(reason))
			}
		}
	}
}

func TestNumbered(t *testing.T) {
	tests := map[string]string{
		"a":            "a (7)",
		"a.txt":        "a (7).txt",
		"a.tar.gz":     "a (7).tar.gz",
		"a.b.txt":      "a.b (7).txt",
		".profile":     ".profile (7)",
		".tar":         ".tar (7)",
		".tar.gz":      ".tar (7).gz",
		"名前.png":       "名前 (7).png",
		"a. long text": "a (7). long text",
		"a (1).txt":    "a (1) (7).txt",
	}
	for name, want := range tests {
		if got := names.Numbered(name, 7); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{
		strings.Repeat("x", 255), strings.Repeat("é", 127), strings.Repeat("😀", 62) + ".jpeg",
		"x." + strings.Repeat("y", 253), strings.Repeat("x.", 127),
	} {
		got := names.Numbered(name, 9999)
		if len(got) > 255 || !utf8.ValidString(got) || names.Unix.Name(got) != "" || !strings.Contains(got, "(9999)") {
			t.Errorf("%q becomes %q of %d bytes", name, got, len(got))
		}
	}
}

// Whatever is allowed stays below the folder that it is joined to.
func FuzzGate(f *testing.F) {
	for _, s := range []string{"a", "a/b", "../a", "/a", `a\b`, "C:a", "NUL", "a/./b", "\x1b", ".tallow-x", strings.Repeat("x", 256)} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, p, target string) {
		for _, r := range []names.Rules{names.Unix, names.Windows} {
			if reason := r.Path(p); reason == "" {
				if joined := filepath.ToSlash(filepath.Join("/dest", p)); joined != "/dest/"+p {
					t.Errorf("%q passes and leads to %q", p, joined)
				}
			}
			if reason := r.Target(p, target); reason == "" && r.Path(p) == "" {
				top, _, _ := strings.Cut(p, "/")
				to := filepath.ToSlash(filepath.Join("/dest", filepath.Dir(p), target))
				if to != "/dest/"+top && !strings.HasPrefix(to, "/dest/"+top+"/") {
					t.Errorf("the link %q -> %q passes and leads to %q", p, target, to)
				}
			}
		}
		if names.Unix.Name(p) == "" {
			if got := names.Numbered(p, 12); names.Unix.Name(got) != "" {
				t.Errorf("%q becomes %q", p, got)
			}
		}
	})
}
