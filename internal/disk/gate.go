package disk

import (
	"path"
	"runtime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// The gate: every path that comes from a peer passes here before anything else
// is done with it. It is pure; what only the disk can tell (a symlink among the
// parents, a name that is the same but for case) is found in parents.go and
// conflict.go.

// rules are what one family of systems takes for a name.
type rules uint8

const (
	unixRules rules = iota
	windowsRules
)

func hostRules() rules {
	if runtime.GOOS == "windows" {
		return windowsRules
	}
	return unixRules
}

// maxElement is the longest name of a file: bytes on unix, UTF-16 units on
// Windows.
const maxElement = 255

// partialPrefix begins the name of every partial folder.
const partialPrefix = ".tallow-"

// path checks a path that is to be written. The reason is empty if it may be;
// else it is for the peer, at most wire.MaxSkipReason bytes.
func (r rules) path(p string) (reason string) {
	switch {
	case p == "":
		return "empty path"
	case len(p) > wire.MaxPath:
		return "path too long"
	case !utf8.ValidString(p):
		return "name is not UTF-8"
	case p[0] == '/' || (r == windowsRules && p[0] == '\\'):
		return "absolute path"
	}
	for i, rest := 0, p; ; i++ {
		name, more, found := strings.Cut(rest, "/")
		if reason := r.name(name); reason != "" {
			return reason
		}
		if i == 0 && len(name) >= len(partialPrefix) && strings.EqualFold(name[:len(partialPrefix)], partialPrefix) {
			return "name is reserved for tallow's own folder"
		}
		if !found {
			return ""
		}
		rest = more
	}
}

// name checks one element of a path.
func (r rules) name(s string) (reason string) {
	switch s {
	case "":
		return "empty name in the path"
	case ".", "..":
		return "path with . or .."
	}
	for _, c := range s {
		switch {
		case c < 0x20 || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029':
			return "control character in the name"
		case c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069':
			return "text direction control in the name"
		}
	}
	if r == windowsRules {
		return windowsName(s)
	}
	if len(s) > maxElement {
		return "name too long"
	}
	return ""
}

// windowsName checks what only Windows minds, as its documentation on naming
// files has it.
func windowsName(s string) (reason string) {
	switch {
	case len(utf16.Encode([]rune(s))) > maxElement:
		return "name too long"
	case strings.ContainsAny(s, `<>:"|?*\`):
		return "character that Windows does not allow"
	case strings.HasSuffix(s, ".") || strings.HasSuffix(s, " "):
		return "name ends with a dot or space (Windows)"
	case reservedOnWindows(s):
		return "name of a Windows device"
	}
	return ""
}

// reservedOnWindows says whether s is a device there, whatever its extension.
func reservedOnWindows(s string) bool {
	base, _, _ := strings.Cut(s, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, port := range [...]string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(base, port); ok {
			return len([]rune(n)) == 1 && strings.ContainsAny(n, "0123456789¹²³")
		}
	}
	return false
}

// target checks the target of a symlink at the path p.
func (r rules) target(p, target string) (reason string) {
	switch {
	case len(target) > wire.MaxTarget || !utf8.ValidString(target):
		return "symlink's target is no path"
	case !staysInside(p, target):
		return "symlink leads out of its folder"
	}
	for name := range strings.SplitSeq(target, "/") {
		if name == "" || name == "." || name == ".." {
			continue // where they lead was checked above
		}
		if reason := r.name(name); reason != "" {
			return "target: " + reason
		}
	}
	return ""
}

// numbered is "name (n).ext" for "name.ext", of at most maxElement bytes.
func numbered(name string, n int) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if stem == "" { // ".profile" has no extension
		stem, ext = ext, ""
	}
	if tar := path.Ext(stem); strings.EqualFold(tar, ".tar") && tar != stem {
		stem, ext = strings.TrimSuffix(stem, tar), tar+ext
	}
	mark := " (" + strconv.Itoa(n) + ")"
	if len(ext) > maxElement/2 {
		stem, ext = name, "" // a dot somewhere, not an extension
	}
	for len(stem)+len(mark)+len(ext) > maxElement {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return strings.TrimRightFunc(stem, unicode.IsSpace) + mark + ext
}
