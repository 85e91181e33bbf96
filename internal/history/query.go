package history

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// ErrNoEntry means that there is no entry of that number.
var ErrNoEntry = errors.New("there is no such entry")

// Filter says which entries List returns: those to which all of it applies.
type Filter struct {
	Text string // in a name, a path, the peer, its address or the relay; upper and lower case are the same
	Name string // in a name
	Peer string // in the name of the peer, in its address or in the relay

	Direction Direction
	State     State
	Since     time.Time // started then or later
	Until     time.Time // started before

	Limit int // 0: all
}

// List returns entries, the newest first. more says that there are others beyond
// Limit. Error: ErrDamaged, or one of SQLite.
func (s *Store) List(ctx context.Context, f Filter) (entries []Entry, more bool, err error) {
	if err := s.settle(ctx); err != nil {
		return nil, false, err
	}
	ids, err := s.find(ctx, f)
	if err != nil {
		return nil, false, err
	}
	if f.Limit > 0 && len(ids) > f.Limit {
		ids, more = ids[:f.Limit], true
	}
	for _, id := range ids {
		e, err := s.read(ctx, id)
		if errors.Is(err, ErrNoEntry) {
			continue // it was cleared meanwhile
		}
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, e)
	}
	return entries, more, nil
}

// Get returns an entry. Error: ErrNoEntry, ErrDamaged, or one of SQLite.
func (s *Store) Get(ctx context.Context, id int64) (Entry, error) {
	if err := s.settle(ctx); err != nil {
		return Entry{}, err
	}
	return s.read(ctx, id)
}

// find returns the numbers of the entries of a filter, the newest first; without
// texts to look for, one more than its Limit at most.
func (s *Store) find(ctx context.Context, f Filter) ([]int64, error) {
	where, args := f.clear()
	want := f.wanted()
	if want.anything() {
		query := "SELECT id FROM entries" + where + " ORDER BY id DESC"
		if f.Limit > 0 {
			query += " LIMIT ?"
			args = append(args, f.Limit+1)
		}
		return s.inOrder(ctx, query, args...)
	}
	ids, err := s.search(ctx, want)
	if err != nil || where == "" || len(ids) == 0 {
		return ids, err
	}
	return s.among(ctx, ids, f.Limit, "SELECT id FROM entries"+where+" ORDER BY id DESC", args...)
}

// errEnough ends a query of which nothing more is needed.
var errEnough = errors.New("enough")

// among returns those of ids that a query gives too, one more than limit at most.
// Both begin with the highest.
func (s *Store) among(ctx context.Context, ids []int64, limit int, query string, args ...any) (both []int64, err error) {
	err = sealeddb.Each(ctx, s.db, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		for len(ids) > 0 && ids[0] > id {
			ids = ids[1:]
		}
		if len(ids) == 0 || limit > 0 && len(both) > limit {
			return errEnough
		}
		if ids[0] == id {
			both = append(both, id)
		}
		return nil
	}, query, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return both, err
}

func (s *Store) inOrder(ctx context.Context, query string, args ...any) (ids []int64, err error) {
	return ids, sealeddb.Each(ctx, s.db, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
}

// clear is the part of a filter that is about columns in the clear, in SQL.
func (f Filter) clear() (where string, args []any) {
	var conditions []string
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if f.Direction != "" {
		add("direction = ?", f.Direction)
	}
	if f.State != "" {
		add("state = ?", f.State)
	}
	if !f.Since.IsZero() {
		add("started >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		add("started < ?", f.Until.UnixMilli())
	}
	if len(conditions) > 0 {
		where = " WHERE " + strings.Join(conditions, " AND ")
	}
	return where, args
}

// search returns the numbers of the entries whose text has what is wanted, the
// highest first. Both queries see the same state of the database, so that a text
// that moves into a page is neither missed nor found twice.
func (s *Store) search(ctx context.Context, want wanted) (ids []int64, err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	note := func(t text) {
		if want.in(t.b) {
			ids = append(ids, t.id)
		}
	}
	err = s.db.EachSealed(ctx, tx, cell{Table: "pages", Column: "texts"}, func(_ int64, b []byte) error {
		return parsePage(b, note)
	}, "SELECT id, texts FROM pages")
	if err != nil {
		return nil, err
	}
	err = s.db.EachSealed(ctx, tx, cell{Table: "texts", Column: "text"}, func(id int64, b []byte) error {
		note(text{id, b})
		return nil
	}, "SELECT id, text FROM texts")
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, err
}

// read reads one entry.
func (s *Store) read(ctx context.Context, id int64) (Entry, error) {
	e := Entry{ID: id}
	var started, ended int64
	var names, places, peer, outcome []byte
	err := s.db.QueryRowContext(ctx, "SELECT started, ended, direction, state, names, places, peer, outcome FROM entries WHERE id = ?", id).
		Scan(&started, &ended, &e.Direction, &e.State, &names, &places, &peer, &outcome)
	if errors.Is(err, sql.ErrNoRows) {
		return e, ErrNoEntry
	}
	if err != nil {
		return e, err
	}
	e.Started = time.UnixMilli(started)
	if ended != 0 {
		e.Ended = time.UnixMilli(ended)
	}
	for _, c := range []struct {
		column string
		sealed []byte
		parse  func([]byte) error
	}{
		{"names", names, e.parseNames},
		{"places", places, e.parsePlaces},
		{"peer", peer, e.parsePeer},
		{"outcome", outcome, e.Outcome.parse},
	} {
		value, err := s.db.Open(cell{Table: "entries", Column: c.column}, id, c.sealed)
		if err == nil {
			err = c.parse(value)
		}
		if err != nil {
			return e, err
		}
	}
	return e, nil
}
