package main

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// offerRow is one line of an offer: a file, a symlink, a stream, or a folder with all
// that is in it. What it has comes from the peer.
type offerRow struct {
	name        string
	kind        files.Kind // 0: only the name is known
	target      string     // of a symlink
	files       int64      // a file counts as one
	bytes       int64
	unsized     bool  // a stream is among the files
	executables int64 // of the files
	hidden      int64 // of the files: their names, or those of folders above them in the row, begin with a dot
}

// offerRows groups what is known of an offer into lines: one for each path that is
// sent or, if that is a single folder, for what is in the innermost folder that has
// everything in it, whose path is base.
func offerRows(o tallow.Offer) (base string, rows []offerRow) {
	for {
		rows = rowsIn(base, o.Entries)
		one := len(rows) == 1 && len(o.Names) <= 1 && rows[0].kind == files.KindDir
		if !one || len(rowsIn(base+rows[0].name+"/", o.Entries)) == 0 {
			break
		}
		base += rows[0].name + "/"
	}
	if base == "" {
		for _, name := range o.Names {
			if !slices.ContainsFunc(rows, func(r offerRow) bool { return r.name == name }) {
				rows = append(rows, offerRow{name: name})
			}
		}
	}
	return base, rows
}

// rowsIn returns the rows for what is directly in the folder base, in the order in
// which it is sent.
func rowsIn(base string, entries []files.Entry) (rows []offerRow) {
	index := make(map[string]int)
	for _, e := range entries {
		inside, ok := strings.CutPrefix(e.Path, base)
		if !ok || inside == "" {
			continue
		}
		name, below, _ := strings.Cut(inside, "/")
		i, ok := index[name]
		if !ok {
			i = len(rows)
			index[name] = i
			rows = append(rows, offerRow{name: name, kind: e.Kind, target: e.Target})
		}
		if below != "" {
			rows[i].kind = files.KindDir
		}
		rows[i].add(e, inside)
	}
	return rows
}

// add counts an entry whose path is inside, from the row's own name on.
func (r *offerRow) add(e files.Entry, inside string) {
	if e.Kind != files.KindFile && e.Kind != files.KindStream {
		return
	}
	r.files++
	r.bytes = addBytes(r.bytes, e.Size)
	r.unsized = r.unsized || e.Kind == files.KindStream
	if isExecutable(e) {
		r.executables++
	}
	if strings.HasPrefix(inside, ".") || strings.Contains(inside, "/.") {
		r.hidden++
	}
}

// addBytes adds two sizes; what the peer says may be any number.
func addBytes(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// isExecutable reports whether a system may run a file when somebody opens it: it has
// the permission, or a name that Windows runs.
func isExecutable(e files.Entry) bool {
	if e.Mode&0o111 != 0 {
		return true
	}
	switch strings.ToLower(path.Ext(e.Path)) {
	case ".bat", ".cmd", ".com", ".exe", ".hta", ".jse", ".lnk", ".msi", ".ps1", ".scr", ".vbe", ".vbs", ".wsf":
		return true
	}
	return false
}

// announced returns an offer with the totals of its manifest, if all of that is known.
// The sender may have said something else before.
func announced(o tallow.Offer) tallow.Offer {
	if !o.Whole {
		return o
	}
	var all offerRow
	for _, e := range o.Entries {
		all.add(e, "")
	}
	o.Files, o.Bytes, o.Known = all.files, all.bytes, !all.unsized
	return o
}

// notes says what is special about a row. partial: there may be more in a folder than
// is known.
func (r offerRow) notes(partial bool) string {
	var notes []string
	switch {
	case r.kind == files.KindSymlink:
		notes = append(notes, "symlink to "+visible(r.target))
	case r.kind == files.KindStream:
		notes = append(notes, "size unknown")
	case r.kind == files.KindDir && partial:
		notes = append(notes, "at least "+countText(r.files, "file"))
	case r.kind == files.KindDir:
		notes = append(notes, countText(r.files, "file"))
	}
	if r.executables > 0 {
		notes = append(notes, r.mark(r.executables, "executable"))
	}
	switch {
	case strings.HasPrefix(r.name, "."):
		notes = append(notes, "hidden")
	case r.hidden > 0:
		notes = append(notes, r.mark(r.hidden, "hidden"))
	}
	return strings.Join(notes, ", ")
}

// mark says how many of a folder's files are so, unless all of them are.
func (r offerRow) mark(n int64, word string) string {
	if n == r.files {
		return word
	}
	return strconv.FormatInt(n, 10) + " " + word
}
