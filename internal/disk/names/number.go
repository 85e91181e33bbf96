package names

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Numbered returns "name (n).ext" for "name.ext", shortened to a name that is not
// too long.
func Numbered(name string, n int) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if stem == "" { // ".profile" has no extension
		stem, ext = ext, ""
	}
	if tar := path.Ext(stem); strings.EqualFold(tar, ".tar") && tar != stem {
		stem, ext = strings.TrimSuffix(stem, tar), tar+ext
	}
	suffix := " (" + strconv.Itoa(n) + ")"
	if len(ext) > maxElement/2 {
		stem, ext = name, "" // a dot somewhere, not an extension
	}
	for len(stem)+len(suffix)+len(ext) > maxElement {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return strings.TrimRightFunc(stem, unicode.IsSpace) + suffix + ext
}
