package names

import (
	"runtime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Rules are what a family of systems allows as the name of a file.
type Rules uint8

// The families of systems.
const (
	Unix Rules = iota
	Windows
)

// Host returns the rules of this machine.
func Host() Rules {
	if runtime.GOOS == "windows" {
		return Windows
	}
	return Unix
}

// maxElement is the length of the longest name of a file: bytes on Unix, UTF-16
// units on Windows.
const maxElement = 255

// PartialPrefix begins the name of every folder in which tallow keeps what is not
// in place yet. No path from a peer may begin with it.
const PartialPrefix = ".tallow-"

// Path checks a path that is to be written. It returns an empty string if the
// path is allowed, else the reason for the peer, of at most wire.MaxSkipReason
// bytes.
func (r Rules) Path(p string) (reason string) {
	switch {
	case p == "":
		return "empty path"
	case len(p) > wire.MaxPath:
		return "path too long"
	case !utf8.ValidString(p):
		return "name is not UTF-8"
	case p[0] == '/' || (r == Windows && p[0] == '\\'):
		return "absolute path"
	}
	for i, rest := 0, p; ; i++ {
		name, more, found := strings.Cut(rest, "/")
		if reason := r.Name(name); reason != "" {
			return reason
		}
		if i == 0 && len(name) >= len(PartialPrefix) && strings.EqualFold(name[:len(PartialPrefix)], PartialPrefix) {
			return "name is reserved for tallow's own folder"
		}
		if !found {
			return ""
		}
		rest = more
	}
}

// Name checks one element of a path. It returns what Path returns.
func (r Rules) Name(s string) (reason string) {
	switch s {
	case "":
		return "empty name in the path"
	case ".", "..":
		return "path with . or .."
	}
	for _, c := range s {
		switch {
		case isControl(c):
			return "control character in the name"
		case isDirectionControl(c):
			return "text direction control in the name"
		}
	}
	if r == Windows {
		return windowsName(s)
	}
	if len(s) > maxElement {
		return "name too long"
	}
	return ""
}

// windowsName checks what only Windows forbids. See "Naming Files, Paths, and
// Namespaces" in Microsoft's documentation.
func windowsName(s string) (reason string) {
	switch {
	case len(utf16.Encode([]rune(s))) > maxElement:
		return "name too long"
	case strings.ContainsAny(s, `<>:"|?*\`):
		return "character that Windows does not allow"
	case strings.HasSuffix(s, ".") || strings.HasSuffix(s, " "):
		return "name ends with a dot or space (Windows)"
	case isWindowsDevice(s):
		return "name of a Windows device"
	}
	return ""
}

// isWindowsDevice reports whether s names a device on Windows, which it does with
// any extension.
func isWindowsDevice(s string) bool {
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

// Target checks the target of the symlink at the path p. It returns what Path
// returns.
func (r Rules) Target(p, target string) (reason string) {
	switch {
	case len(target) > wire.MaxTarget || !utf8.ValidString(target):
		return "symlink's target is no path"
	case !StaysInside(p, target):
		return "symlink leads out of its folder"
	}
	for name := range strings.SplitSeq(target, "/") {
		if name == "" || name == "." || name == ".." {
			continue // StaysInside checked where they lead
		}
		if reason := r.Name(name); reason != "" {
			return "target: " + reason
		}
	}
	return ""
}
