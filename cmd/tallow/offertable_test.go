package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// listed returns a whole offer of entries.
func listed(entries ...files.Entry) tallow.Offer {
	o := tallow.Offer{Known: true, Whole: true, Entries: entries}
	for _, e := range entries {
		top, _, _ := strings.Cut(e.Path, "/")
		if len(o.Names) == 0 || o.Names[len(o.Names)-1] != top {
			o.Names = append(o.Names, top)
		}
		if e.Kind == files.KindFile || e.Kind == files.KindStream {
			o.Files++
			o.Bytes += e.Size
		}
	}
	return o
}

func fileEntry(path string, size int64) files.Entry {
	return files.Entry{Kind: files.KindFile, Path: path, Size: size, Mode: 0o644}
}

func executableEntry(path string, size int64) files.Entry {
	return files.Entry{Kind: files.KindFile, Path: path, Size: size, Mode: 0o755}
}

func folderEntry(path string) files.Entry {
	return files.Entry{Kind: files.KindDir, Path: path, Mode: 0o755}
}

func TestOfferText(t *testing.T) {
	free := func(o tallow.Offer, n int64) tallow.Offer { o.Free, o.FreeKnown = n, true; return o }
	for name, tt := range map[string]struct {
		offer   tallow.Offer
		columns int
		want    string
	}{
		"a file":            {free(listed(fileEntry("a.txt", 6)), 27e9), 80, "a.txt: 1 file, 6 bytes; 27 GB free\n"},
		"a program":         {listed(executableEntry(".run", 6)), 80, ".run: 1 file, 6 bytes, executable, hidden\n"},
		"for Windows":       {listed(fileEntry("Setup.EXE", 6)), 80, "Setup.EXE: 1 file, 6 bytes, executable\n"},
		"a stream":          {listed(files.Entry{Kind: files.KindStream, Path: "stdin"}), 80, "stdin: a stream of unknown size\n"},
		"nothing is listed": {free(tallow.Offer{Known: true, Files: 3, Bytes: 6, Names: []string{"a"}}, 5), 80, "a: 3 files, 6 bytes; only 5 bytes free\n"},
		"names alone": {tallow.Offer{Known: true, Files: 3, Bytes: 6, Names: []string{"a", ".b"}}, 80, `
  a
  .b    hidden
  … and 3 more, in these folders or others
3 files, 6 bytes
`},
		"several": {free(listed(fileEntry("notes.txt", 12_000), executableEntry("run.sh", 300), folderEntry("raw"), fileEntry("raw/a", 2e9), fileEntry("raw/.b", 1e9),
			files.Entry{Kind: files.KindSymlink, Path: "latest", Target: "raw/\x1b[2Ja"}, folderEntry("empty")), 27e9), 80, `
  notes.txt      12 kB
  run.sh     300 bytes  executable
  raw/          3.0 GB  2 files, 1 hidden
  latest                symlink to raw/\x1b[2Ja
  empty/       0 bytes  0 files
4 files, 3.0 GB; 27 GB free
`},
		"a folder": {listed(folderEntry("d"), folderEntry("d/e"), fileEntry("d/e/a", 1), folderEntry("d/e/.git"), executableEntry("d/e/.git/hook", 2)), 80, `
d/e/
  a       1 byte
  .git/  2 bytes  1 file, executable, hidden
2 files, 3 bytes
`},
		"an empty folder": {listed(folderEntry("d")), 80, `
  d/  0 bytes  0 files
0 files, 0 bytes
`},
		"wide and narrow": {listed(fileEntry("写真の長い名前.jpg", 1), fileEntry("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.exe", 1200), fileEntry("e\u0301.txt", 3)), 40, `
  写真の長…前.jpg    1 byte
  aaaaaaaa…aaa.exe   1.2 kB  executable
  é.txt             3 bytes
3 files, 1.2 kB
`},
		"drives no terminal": {listed(fileEntry("\x1b]0;x\a\u202egpj.exe", 1), fileEntry("b\nAccept? y", 1)), 80, `
  \x1b]0;x\a\u202egpj.exe  1 byte  executable
  b\nAccept? y             1 byte
2 files, 2 bytes
`},
		"sizes that lie": {tallow.Offer{Known: true, Files: 1, Bytes: 1, Whole: true, Names: []string{"a"}, Entries: []files.Entry{
			fileEntry("a/x", math.MaxInt64), fileEntry("a/y", math.MaxInt64),
		}}, 80, `
a/
  x  9.2 EB
  y  9.2 EB
2 files, 9.2 EB
`},
		"paths that lie": {listed(fileEntry("../../etc/passwd", 1), fileEntry("/etc/passwd", 1)), 80, `
  ../  1 byte  1 file, hidden
  /    1 byte  1 file
2 files, 2 bytes
`},
	} {
		if got := offerText(tt.offer, tt.columns); got != strings.TrimPrefix(tt.want, "\n") {
			t.Errorf("%s:\n%swant:%s", name, got, tt.want)
		}
	}
}

// However much is offered, and however narrow the terminal is, it is at most 15 lines
// with the question, and none of them wraps.
func TestOfferFits(t *testing.T) {
	var many []files.Entry
	for i := range 900 {
		many = append(many, executableEntry(fmt.Sprintf("photos/%s/%d/a long name of 写真 %d.jpg", strings.Repeat("sub", i%30), i%7, i), int64(i)*1e6))
	}
	part := listed(many...)
	part.Whole, part.Files, part.Bytes = false, 100_000, 9e15
	var tops []files.Entry
	for i := range 100 {
		tops = append(tops, fileEntry(fmt.Sprintf(".name-%d", i), 1))
	}
	for _, o := range []tallow.Offer{listed(many...), part, listed(tops...)} {
		for columns := range 200 {
			text := offerText(o, columns)
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if len(lines) > 14 {
				t.Fatalf("%d columns: %d lines:\n%s", columns, len(lines), text)
			}
			for _, line := range lines {
				if cells(line) >= max(columns, leastColumns) && !strings.Contains(line, "more") {
					t.Errorf("%d columns: %q takes %d", columns, line, cells(line))
				}
			}
		}
	}
	for text, want := range map[string]string{
		offerText(listed(tops...), 80): "  … and 89 more files\n100 files, 100 bytes\n",
		offerText(part, 80):            " more, in these folders or others\n100000 files, 9.0 PB\n",
	} {
		if !strings.HasSuffix(text, want) {
			t.Errorf("%s\nwant %s", text, want)
		}
	}
}

func FuzzOfferText(f *testing.F) {
	f.Add("photos/a.jpg", "photos/.b", int64(5), 80)
	f.Add("\x1b[2J/x", "写真/../\u202e", int64(-1), 3)
	f.Fuzz(func(t *testing.T, one, two string, size int64, columns int) {
		o := listed(fileEntry(one, max(size, 0)), executableEntry(two, 7))
		text := offerText(o, columns%300)
		if line := strings.ReplaceAll(text, "\n", ""); visible(line) != strings.ToValidUTF8(line, "\uFFFD") {
			t.Errorf("%q has control characters", text)
		}
		if lines := strings.Count(text, "\n"); lines > 14 {
			t.Errorf("%d lines", lines)
		}
	})
}
