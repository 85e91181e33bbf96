package history

import "github.com/tallow-transfer/tallow/internal/vault/sealeddb"

// migrations returns the statements that make each schema of the one before, the
// first of nothing. The version of a database is how many of them were run. What was
// released once stays as it is.
func migrations() []string {
	return []string{`
		CREATE TABLE meta (
			id    INTEGER PRIMARY KEY,
			known BLOB NOT NULL        -- sealed: by which a wrong key is known
		) STRICT;
		CREATE TABLE entries (
			id        INTEGER PRIMARY KEY AUTOINCREMENT,
			started   INTEGER NOT NULL, -- milliseconds since 1970
			ended     INTEGER NOT NULL, -- likewise; 0: unknown
			direction TEXT NOT NULL,
			state     TEXT NOT NULL,
			owner     TEXT NOT NULL,    -- the file that its process has locked
			names     BLOB NOT NULL,    -- sealed, as all that follows
			places    BLOB NOT NULL,
			peer      BLOB NOT NULL,
			outcome   BLOB NOT NULL
		) STRICT;
		CREATE INDEX entries_started ON entries (started);
		CREATE INDEX entries_running ON entries (state) WHERE state = 'running';
		CREATE TABLE texts (
			id   INTEGER PRIMARY KEY,
			text BLOB NOT NULL
		) STRICT;
		CREATE TABLE pages (
			id    INTEGER PRIMARY KEY,
			last  INTEGER NOT NULL,
			texts BLOB NOT NULL
		) STRICT;`, `
		-- entries.peer may have an address, with which schema 1 takes it for damaged.`}
}

// schema describes the database.
func schema() sealeddb.Schema {
	return sealeddb.Schema{File: "history.db", Use: "history", Cells: cells(), Migrations: migrations()}
}

// Files returns the names of all files of the history in its folder.
func Files() []string { return append(schema().Files(), "running", "lock") }

// ErrNewer means that a newer version of this program has changed the database.
var ErrNewer = sealeddb.ErrNewer

// ErrWrongKey means that the database was sealed with another device key.
var ErrWrongKey = sealeddb.ErrWrongKey
