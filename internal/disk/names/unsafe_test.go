package names_test

import (
	"testing"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/disk/names"
)

func TestSafe(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "a.txt", "文 %": "文 %", "Icon\r": "Icon%0D", "a\x1b[2J": "a%1B[2J", "x\u202ey": "x%E2%80%AEy", "\xffa": "%FFa", "\u0085": "%C2%85",
	} {
		if got := names.Safe(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
		if unsafe := want != name && utf8.ValidString(name); names.IsUnsafe(name) != unsafe {
			t.Errorf("%q is unsafe: %v", name, !unsafe)
		}
	}
}

// What is safe is allowed by the rules, as far as they are about characters.
func FuzzSafe(f *testing.F) {
	for _, s := range []string{"a", "Icon\r", "\xff\x00", "\u2028\u2066"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := names.Safe(name)
		switch reason := names.Unix.Name(safe); {
		case names.IsUnsafe(safe) || !utf8.ValidString(safe):
			t.Errorf("%q became %q", name, safe)
		case reason == "control character in the name" || reason == "text direction control in the name":
			t.Errorf("%q became %q: %s", name, safe, reason)
		case names.Safe(safe) != safe:
			t.Errorf("%q became %q, and then something else", name, safe)
		}
	})
}
