package main

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

const (
	offerLines   = 11 // of files and folders, so that an offer and its question fit in 15 lines
	leastColumns = 30 // below that, lines of an offer wrap
	leastName    = 12 // columns of a name, where there is room
	columnGap    = 2
)

// offerText lays an offer out for a terminal of so many columns:
//
//	photos/
//	  a.jpg      1.2 MB
//	  run.sh      12 kB  executable
//	  raw/       3.0 GB  12 files, 1 hidden
//	  … and 17 more files
//	31 files, 3.1 GB; 27 GB free
//
// A single file is one line: run.sh: 1 file, 12 kB, executable; 27 GB free.
func offerText(o tallow.Offer, columns int) string {
	o = announced(o)
	base, rows := offerRows(o)
	total := sizeText(o) + freeText(o)
	if base == "" && len(rows) == 1 && (len(rows[0].name) > 0 && rows[0].kind != files.KindDir) {
		notes := ""
		if rows[0].kind != files.KindStream {
			notes = prefixed(", ", rows[0].notes(false))
		}
		return shorten(visible(rows[0].name), shownCells) + ": " + sizeText(o) + notes + freeText(o) + "\n"
	}
	columns = max(columns, leastColumns) - 1 // the last one may wrap
	var b strings.Builder
	if base != "" {
		fmt.Fprintln(&b, shortenName(visible(base), columns))
	}
	shown := rows[:min(len(rows), offerLines)]
	writeRows(&b, shown, !o.Whole, columns)
	if more := moreText(o, rows, len(shown)); more != "" {
		fmt.Fprintf(&b, "  %s\n", more)
	}
	fmt.Fprintln(&b, total)
	return b.String()
}

// writeRows writes rows in columns: name, size, notes.
func writeRows(b *strings.Builder, rows []offerRow, partial bool, columns int) {
	names, sizes, notes := make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	var nameCells, sizeCells, noteCells int
	for i, r := range rows {
		names[i], sizes[i], notes[i] = visible(r.name), r.sizeText(partial), r.notes(partial)
		if r.kind == files.KindDir {
			names[i] += "/"
		}
		nameCells = max(nameCells, cells(names[i]))
		sizeCells = max(sizeCells, cells(sizes[i]))
		noteCells = max(noteCells, cells(notes[i]))
	}
	room := columns - 2*columnGap - sizeCells // for a name and notes
	if noteCells > 0 {
		room -= columnGap
	}
	noteCells = min(noteCells, max(room-min(nameCells, leastName), 0))
	nameCells = min(nameCells, max(room-noteCells, 1))
	for i := range rows {
		name := shortenName(names[i], nameCells)
		line := fmt.Sprintf("  %s%s  %*s", name, strings.Repeat(" ", max(nameCells-cells(name), 0)), sizeCells, sizes[i])
		if notes[i] != "" {
			line += "  " + shorten(notes[i], max(noteCells, 1))
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// sizeText is the size of a row, or empty. partial: there may be more in a folder than
// is known.
func (r offerRow) sizeText(partial bool) string {
	switch {
	case r.kind == files.KindFile, r.kind == files.KindDir && !partial && !r.unsized:
		return bytesText(r.bytes)
	case r.kind == files.KindDir:
		return bytesText(r.bytes) + "+"
	}
	return ""
}

// moreText says what is sent besides the rows that are shown.
func moreText(o tallow.Offer, rows []offerRow, shown int) string {
	left := o.Files
	for _, r := range rows[:shown] {
		left -= r.files
	}
	others := len(rows) - shown
	switch {
	case left > 0 && !o.Whole:
		return fmt.Sprintf("… and %d more, in these folders or others", left)
	case left > 0:
		return fmt.Sprintf("… and %s", strings.Replace(countText(left, "file"), " ", " more ", 1))
	case others > 0:
		return fmt.Sprintf("… and %d more, without files", others)
	}
	return ""
}

// freeText says how much room there is where an offer is received to.
func freeText(o tallow.Offer) string {
	switch {
	case !o.FreeKnown:
		return ""
	case o.Bytes > o.Free && !o.Resuming:
		return "; only " + bytesText(o.Free) + " free"
	}
	return "; " + bytesText(o.Free) + " free"
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// shortenName cuts the middle of a name off where it would take more than so many
// columns, because its end says what kind of file it is.
func shortenName(name string, columns int) string {
	if cells(name) <= columns {
		return name
	}
	var clusters []string
	var widths []int
	for g := uniseg.NewGraphemes(name); g.Next(); {
		clusters, widths = append(clusters, g.Str()), append(widths, g.Width())
	}
	tail, from := 0, len(clusters)
	for from > 0 && tail+widths[from-1] <= (columns-1)/2 {
		from--
		tail += widths[from]
	}
	return shorten(name, columns-tail) + strings.Join(clusters[from:], "")
}
