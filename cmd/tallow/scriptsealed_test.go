package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// sealed FILES WORD... fails if one of the words is in the name of a file of state or of
// the folder for temporary files, or in its content, in upper or lower case, or if a
// column of a database that is there has more in the clear than it may have. FILES are
// names that have to be among the files, separated by commas.
func sealed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sealed FILES WORD...")
	}
	found := make(map[string]bool)
	var checked []string // at the end: who opens and closes a database removes its log
	for _, dir := range []string{ts.Getenv("XDG_STATE_HOME"), ts.Getenv("TMPDIR")} {
		ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			found[d.Name()] = true
			content, err := os.ReadFile(path)
			for _, word := range args[1:] {
				if inTheClear(d.Name(), word) || inTheClear(string(content), word) {
					return fmt.Errorf("%s has %q in it", path, word)
				}
			}
			if strings.HasSuffix(path, ".db") {
				checked = append(checked, path)
			}
			return err
		}))
	}
	for name := range strings.SplitSeq(args[0], ",") {
		if !found[name] {
			ts.Fatalf("there is no file %s", name)
		}
	}
	for _, path := range checked {
		ts.Check(checkColumns(path))
	}
}

// recorded N waits until the history has N entries, of whatever state.
func recorded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: recorded N")
	}
	db, err := sql.Open("sqlite", sealeddb.Source(filepath.Join(ts.Getenv("XDG_STATE_HOME"), "tallow", historyFolder, "history.db")))
	ts.Check(err)
	defer db.Close()
	ts.Check(poll(func() error {
		got, err := texts(db, "SELECT count(*) FROM entries")
		if err == nil && got[0] != args[0] {
			err = fmt.Errorf("there are %s entries", got[0])
		}
		return err
	}))
}

// inTheClear reports whether a text has a word in it, as UTF-8 or as UTF-16.
func inTheClear(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	wide := strings.Join(strings.Split(word, ""), "\x00")
	return strings.Contains(text, word) || strings.Contains(text, wide)
}

// clearColumns are the columns that are no numbers and not sealed.
func clearColumns() []string {
	return []string{"entries.direction", "entries.state", "entries.owner"}
}

// checkColumns fails if a table of a database has a value that is neither a number nor
// sealed, and whose column is not one of those that may have it.
func checkColumns(path string) error {
	db, err := sql.Open("sqlite", sealeddb.Source(path))
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := texts(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err == nil && len(tables) < 2 {
		err = fmt.Errorf("it has the tables %v", tables)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, table := range tables {
		columns, err := texts(db, "SELECT name FROM pragma_table_info(?)", table)
		if err != nil {
			return err
		}
		for _, column := range columns {
			if slices.Contains(clearColumns(), table+"."+column) {
				continue
			}
			values, err := texts(db, fmt.Sprintf("SELECT %s FROM %s WHERE typeof(%s) <> 'integer'", column, table, column))
			if err != nil {
				return err
			}
			for _, value := range values {
				if len(value) < 61 || value[0] != 1 || bytes.Count([]byte(value), []byte{0}) > len(value)/8 {
					return fmt.Errorf("%s: %s.%s has a value that is not sealed: %q", path, table, column, value)
				}
			}
		}
	}
	return nil
}

// texts returns the one column of a query.
func texts(db *sql.DB, query string, args ...any) (all []string, err error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, rows.Err()
}

// What the scripts look for is found where it is.
func TestSealedIsChecked(t *testing.T) {
	for _, text := range []string{"a Report.pdf", "R\x00e\x00p\x00o\x00r\x00t", "xREPORTx"} {
		if !inTheClear(text, "report") {
			t.Errorf("%q is not found", text)
		}
	}
	if inTheClear("a rep\x00ort", "report") {
		t.Error("it is found where it is not")
	}
	sealed := "\x01" + strings.Repeat("\xa5", 60)
	for value, want := range map[string]bool{
		sealed: true, "report": false, sealed[:60]: false, "\x02" + sealed[1:]: false, "\x01report" + strings.Repeat("\x00", 60): false,
	} {
		path := filepath.Join(t.TempDir(), "some.db")
		db, err := sql.Open("sqlite", sealeddb.Source(path))
		if err == nil {
			_, err = db.Exec("CREATE TABLE meta (id INTEGER PRIMARY KEY, known BLOB); CREATE TABLE entries (id INTEGER PRIMARY KEY, state TEXT, name BLOB); INSERT INTO entries VALUES (1, 'running', ?)", []byte(value))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := checkColumns(path); (err == nil) != want {
			t.Errorf("%q: %v", value, err)
		}
	}
}
