package disk

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// What a hostile or merely foreign peer may name, and whether each family of
// systems takes it.
func TestGate(t *testing.T) {
	const yes, no = true, false
	long255, long256 := strings.Repeat("x", 255), strings.Repeat("x", 256)
	deep := strings.Repeat("d/", wire.MaxPath/2)
	tests := []struct {
		path          string
		unix, windows bool
	}{
		// Ordinary names.
		{"a.txt", yes, yes},
		{"top/a b/c-d_e.tar.gz", yes, yes},
		{"...", yes, no}, // an odd name on unix, ends with a dot on Windows
		{"..a", yes, yes},
		{"a..b", yes, yes},
		{".hidden", yes, yes},
		{"-rf", yes, yes},
		{" lead", yes, yes},
		{"~", yes, yes},
		{"$HOME/`id`;&", yes, yes},
		{"文件/名前/русский/العربية/עברית/ไทย", yes, yes},
		{"e\u0301te\u0301", yes, yes},
		{"😀\u200d👩.png", yes, yes}, // joined emoji
		{"a\u200fb", yes, yes},     // a right-to-left mark is ordinary in Hebrew names
		{long255, yes, yes},
		{deep[:wire.MaxPath-1], yes, yes},
		{"consolé/nul1/com/com10/lpt/auxiliary", yes, yes},
		{"top/.tallow-0123", yes, yes}, // not at the top: not ours

		// Ways out.
		{"", no, no},
		{".", no, no},
		{"..", no, no},
		{"../a", no, no},
		{"a/..", no, no},
		{"a/../../b", no, no},
		{"a/./b", no, no},
		{"/", no, no},
		{"/etc/passwd", no, no},
		{"//host/share", no, no},
		{"a//b", no, no},
		{"a/", no, no},
		{`..\..\a`, yes, no}, // a backslash is a letter on unix
		{`\a`, yes, no},
		{`\\host\share\a`, yes, no},
		{`\\?\C:\a`, yes, no},
		{`a\b`, yes, no},
		{"C:", yes, no},
		{"C:a", yes, no},
		{"C:/Windows/a", yes, no},
		{"c:\\windows\\system32", yes, no},

		// What a terminal or a person is deceived by.
		{"a\x00b", no, no},
		{"a\nb", no, no},
		{"a\rb", no, no},
		{"a\tb", no, no},
		{"\x1b[2J", no, no},
		{"\x1b]0;title\x07", no, no},
		{"a\x7f", no, no},
		{"a\u009bb", no, no}, // CSI in one character
		{"a\u0085b", no, no},
		{"a\u2028b", no, no},
		{"invoice\u202efdp.exe", no, no},
		{"a\u202ab", no, no},
		{"a\u2066b", no, no},
		{"a\u2069b", no, no},
		{"a\xffb", no, no},
		{"a\xc0\xafb", no, no},     // overlong "/"
		{"a\xed\xa0\x80b", no, no}, // half a surrogate pair

		// Devices and other special names of Windows.
		{"CON", yes, no},
		{"nul", yes, no},
		{"top/Aux.txt", yes, no},
		{"prn.tar.gz", yes, no},
		{"COM1", yes, no},
		{"com0.log", yes, no},
		{"COM¹", yes, no},
		{"lpt³.x", yes, no},
		{"CONIN$", yes, no},
		{"conout$.x", yes, no},
		{"NUL .txt", yes, no},
		{"NUL/a", yes, no},
		{"a.txt:stream", yes, no},
		{"a::$DATA", yes, no},
		{"a.", yes, no},
		{"a ", yes, no},
		{"dir./a", yes, no},
		{"a<b", yes, no},
		{"a>b", yes, no},
		{"a\"b", yes, no},
		{"a|b", yes, no},
		{"a?", yes, no},
		{"*", yes, no},

		// Too long.
		{long256, no, no},
		{"top/" + long256, no, no},
		{strings.Repeat("é", 128), no, yes}, // 256 bytes, 128 units
		{strings.Repeat("😀", 128), no, no},  // 256 units
		{deep + "x", no, no},

		// Our own.
		{".tallow-0123456789abcdef", no, no},
		{".tallow-0123456789abcdef/journal", no, no},
		{".TALLOW-x", no, no},
		{".tallow-", no, no},
		{".tallow", yes, yes},
	}
	if len(tests) < 60 {
		t.Errorf("only %d rows", len(tests))
	}
	for _, tt := range tests {
		for r, want := range map[rules]bool{unixRules: tt.unix, windowsRules: tt.windows} {
			reason := r.path(tt.path)
			if (reason == "") != want {
				t.Errorf("rules %d of %.40q: %q", r, tt.path, reason)
			}
			if len(reason) > wire.MaxSkipReason {
				t.Errorf("%q has %d bytes", reason, len(reason))
			}
		}
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
		for r, want := range map[rules]bool{unixRules: tt.unix, windowsRules: tt.windows} {
			reason := r.target(tt.path, tt.target)
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
		if got := numbered(name, 7); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{
		strings.Repeat("x", 255), strings.Repeat("é", 127), strings.Repeat("😀", 62) + ".jpeg",
		"x." + strings.Repeat("y", 253), strings.Repeat("x.", 127),
	} {
		got := numbered(name, 9999)
		if len(got) > maxElement || !utf8.ValidString(got) || unixRules.name(got) != "" || !strings.Contains(got, "(9999)") {
			t.Errorf("%q becomes %q of %d bytes", name, got, len(got))
		}
	}
}

// Whatever passes the gate stays below the folder that it is joined to.
func FuzzGate(f *testing.F) {
	for _, s := range []string{"a", "a/b", "../a", "/a", `a\b`, "C:a", "NUL", "a/./b", "\x1b", ".tallow-x", strings.Repeat("x", 256)} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, p, target string) {
		for _, r := range []rules{unixRules, windowsRules} {
			if reason := r.path(p); reason == "" {
				if joined := filepath.ToSlash(filepath.Join("/dest", p)); joined != "/dest/"+p {
					t.Errorf("%q passes and leads to %q", p, joined)
				}
			}
			if reason := r.target(p, target); reason == "" && r.path(p) == "" {
				top, _, _ := strings.Cut(p, "/")
				to := filepath.ToSlash(filepath.Join("/dest", filepath.Dir(p), target))
				if to != "/dest/"+top && !strings.HasPrefix(to, "/dest/"+top+"/") {
					t.Errorf("the link %q -> %q passes and leads to %q", p, target, to)
				}
			}
		}
		if unixRules.name(p) == "" {
			if got := numbered(p, 12); unixRules.name(got) != "" {
				t.Errorf("%q becomes %q", p, got)
			}
		}
	})
}
