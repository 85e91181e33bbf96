package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// print prints the report as Markdown.
func (r *report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "# tallow, its ceilings and its neighbours\n\n")
	if m.Quick {
		fmt.Fprintf(w, "QUICK: sizes that say nothing, and one run. These are no results.\n\n")
	}
	fmt.Fprintf(w, "- %s; %s; benchmark built with %s\n", m.Date, m.Tallow, m.Go)
	fmt.Fprintf(w, "- %s, %d cores, memory %s, %s\n", m.CPU, m.Cores, m.Memory, m.Kernel)
	fmt.Fprintf(w, "- TCP congestion control %s; %s; %s\n", m.Congestion, m.SSH, m.Rsync)
	fmt.Fprintf(w, "- Median (least-most), of %d. CPU s and peak MB of each side; the most memory where there were several runs.\n", m.Runs)
	for n, one := range r.Results {
		if n == 0 || r.Results[n-1].section() != one.section() {
			r.printCase(w, one.section())
		}
	}
	r.printBars(w)
	r.printNotes(w)
}

// section returns the name of the section that a result is in.
func (r *result) section() string {
	if r.As == asRoot {
		return r.Case + ", as root"
	}
	return r.Case
}

// printCase prints the results of a case.
func (r *report) printCase(w io.Writer, name string) {
	var rows [][]string
	var of *result
	for _, one := range r.Results {
		if one.section() == name {
			of = one
			rows = append(rows, one.row())
		}
	}
	fmt.Fprintf(w, "\n## %s\n\n%s", name, of.About)
	if of.Files > 0 {
		fmt.Fprintf(w, ": %s in %s", byteCount(of.Bytes), count(int64(of.Files), "file"))
	}
	if of.Congestion != "" {
		fmt.Fprintf(w, "; congestion control %s at both ends, and %s for who asks for BBR as tallow does, here as %s", of.Congestion, of.BBR, describeUser(of.As))
	}
	fmt.Fprint(w, ".\n\n")
	header := []string{"tool", "s", "receiver s", "first data s", "MB/s", "sender CPU, MB", "receiver CPU, MB", "relay CPU, MB"}
	if of.link != nil {
		header = append(header, "Mbit/s in the middle", "of the link")
		if of.link.beside {
			header = append(header, "the flow beside it, Mbit/s", "share")
		}
	}
	printTable(w, header, rows)
}

func describeUser(as string) string {
	if as == asUser {
		return "an ordinary user"
	}
	return as
}

// byteCount formats a number of bytes.
func byteCount(n int64) string {
	if n < megabyte/10 {
		return count(n, "byte")
	}
	return fmt.Sprintf("%.1f MB", float64(n)/megabyte)
}

func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// row returns a row of the table.
func (r *result) row() []string {
	if r.Status != statusMeasured {
		return []string{r.Tool, r.Status + ": " + oneLine(r.Why)}
	}
	cells := []string{r.Tool, r.Seconds.text(3), r.Received.text(3), r.First.text(3), r.rate()}
	for _, name := range []string{sideSender, sideReceiver, sideRelay} {
		cells = append(cells, r.used(name))
	}
	if r.link != nil {
		cells = append(cells, r.Middle.text(1), percent(r.Middle.Median/r.link.rate))
		if r.link.beside {
			cells = append(cells, r.Beside.text(1), percent(r.Share.Median))
		}
	}
	return cells
}

// rate formats the rate. It is empty for so few bytes that a rate says nothing.
func (r *result) rate() string {
	if r.Bytes < megabyte/10 {
		return ""
	}
	return r.Rate.text(1)
}

// percent formats a part of something. It is empty for what was not seen.
func percent(part float64) string {
	if part == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*part)
}

// used formats the CPU time and the memory of a side.
func (r *result) used(name string) string {
	for _, s := range r.Sides {
		if s.Name == name {
			return fmt.Sprintf("%.2f, %.0f", s.CPU.Median, s.Peak.Max/megabyte)
		}
	}
	return ""
}

// text formats a median and its spread.
func (s spread) text(digits int) string {
	switch {
	case s == (spread{}):
		return ""
	case s.Min == s.Max:
		return fmt.Sprintf("%.*f", digits, s.Median)
	}
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, s.Median, digits, s.Min, digits, s.Max)
}

func (r *report) printBars(w io.Writer) {
	if len(r.Bars) == 0 {
		return
	}
	fmt.Fprint(w, "\n## Bars\n\n")
	var rows [][]string
	for _, b := range r.Bars {
		limit, measured := "at least", ""
		if b.AtMost {
			limit = "at most"
		}
		if b.Status != barOpen {
			measured = fmt.Sprintf("%.2f", b.Measured)
		}
		rows = append(rows, []string{b.What, fmt.Sprintf("%s %g %s", limit, b.Wanted, b.Unit), measured, b.Status, b.Note})
	}
	printTable(w, []string{"bar", "wanted", "measured", "", ""}, rows)
}

// printNotes explains the tools and the figures.
func (r *report) printNotes(w io.Writer) {
	fmt.Fprint(w, "\n## Notes\n\n")
	told := make(map[string]bool)
	for _, one := range r.Results {
		if !told[one.Tool] {
			told[one.Tool] = true
			fmt.Fprintf(w, "- %s: %s\n", one.Tool, one.ToolAbout)
		}
	}
	for _, note := range []string{
		"Tools take turns: each of them once, then each again. Between them what they wrote is removed and the disk is synced, off the clock.",
		"s: from the start of the receiver (tallow, whose sender waits with its code) or of the sender (all others) until both have ended. receiver s: until the receiver has. first data s: until it has told of the first data.",
		"tallow has verified and synced all files by then; scp, rsync and tar leave them to the system to write.",
		"Mbit/s in the middle: between 15 % and 95 % of the bytes, by what the receiver tells (tallow, raw) or by how the file grows (scp).",
		"Beside another flow: its rate from the tool's first data to its end, and the tool's part of what both brought in that time. 50 % is an even share.",
		"Memory is that of the largest process of a side; of tar's sender, of tar and ssh. What the benchmark itself has, 20 to 30 MB, is the least that Linux tells.",
	} {
		fmt.Fprintf(w, "- %s\n", note)
	}
}

// printTable prints a Markdown table with aligned columns. A row with fewer cells
// than the header contains text, and does not influence the widths.
func printTable(w io.Writer, header []string, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			if len(row) == len(header) || i == 0 {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	line := func(row []string) {
		for i, width := range widths {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			fmt.Fprintf(w, "| %-*s ", width, cell)
		}
		fmt.Fprintln(w, "|")
	}
	line(header)
	for _, width := range widths {
		fmt.Fprint(w, "|", strings.Repeat("-", width+2))
	}
	fmt.Fprintln(w, "|")
	for _, row := range rows {
		line(row)
	}
}

// oneLine returns a text that fits into a cell.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "/")
}
