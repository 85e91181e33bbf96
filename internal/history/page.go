package history

import (
	"context"
	"database/sql"
	"encoding/binary"
	"slices"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// A page has the texts of pageSize entries, sealed as one value: opening and reading
// one row of them costs far less than pageSize rows. Its row id is the number of the
// first entry. The texts of entries that run, and of the last ones that have ended,
// are rows of their own in the table texts.
const pageSize = 256

// looseTexts is how many texts may be rows of their own before the oldest become a
// page.
const looseTexts = 2 * pageSize

// text is that of one entry.
type text struct {
	id int64
	b  []byte
}

// appendPage appends the texts of a page: for each id, as the difference to the one
// before, uvarint | lv(text).
func appendPage(b []byte, texts []text) []byte {
	last := int64(0)
	for _, t := range texts {
		b = binary.AppendUvarint(b, uint64(t.id-last))
		b = append(binary.AppendUvarint(b, uint64(len(t.b))), t.b...)
		last = t.id
	}
	return b
}

// parsePage calls each for the texts of a page, from the first to the last; they
// share memory with it. Error: ErrDamaged.
func parsePage(b []byte, each func(text)) error {
	r := reader{rest: b}
	last := int64(0)
	for len(r.rest) > 0 {
		step := r.uvarint()
		if step == 0 || step > 1<<62 || last+int64(step) < last {
			return ErrDamaged
		}
		last += int64(step)
		b := r.bytes()
		if r.failed {
			break
		}
		each(text{last, b})
	}
	return r.end()
}

// pack makes pages of the oldest texts, if there are many that are rows of their own.
func (s *Store) pack(ctx context.Context, tx *sql.Tx) error {
	var loose int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM texts").Scan(&loose); err != nil {
		return err
	}
	for ; loose >= looseTexts; loose -= pageSize {
		// CROSS JOIN: each text looks its entry up, from the oldest on.
		texts, err := s.looseTexts(ctx, tx, `SELECT t.id, t.text FROM texts t CROSS JOIN entries e USING (id)
			WHERE e.state <> 'running' ORDER BY t.id LIMIT ?`, pageSize)
		if err != nil || len(texts) < pageSize {
			return err
		}
		first, last := texts[0].id, texts[len(texts)-1].id
		if err := s.writePage(ctx, tx, first, texts); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM texts WHERE id BETWEEN ? AND ?
			AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = texts.id AND e.state = 'running')`, first, last); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writePage(ctx context.Context, tx *sql.Tx, id int64, texts []text) error {
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO pages (id, last, texts) VALUES (?, ?, ?)",
		id, texts[len(texts)-1].id, s.db.Seal(cell{Table: "pages", Column: "texts"}, id, appendPage(nil, texts)))
	return err
}

// looseTexts returns texts that are rows of their own.
func (s *Store) looseTexts(ctx context.Context, q sealeddb.Querier, query string, args ...any) (texts []text, err error) {
	return texts, s.db.EachSealed(ctx, q, cell{Table: "texts", Column: "text"}, func(id int64, b []byte) error {
		texts = append(texts, text{id, b})
		return nil
	}, query, args...)
}

// thin removes from the pages what is no entry any more, up to the number last.
func (s *Store) thin(ctx context.Context, tx *sql.Tx, last int64) error {
	pages := make(map[int64][]text)
	err := s.db.EachSealed(ctx, tx, cell{Table: "pages", Column: "texts"}, func(id int64, b []byte) error {
		pages[id] = nil
		return parsePage(b, func(t text) { pages[id] = append(pages[id], t) })
	}, "SELECT id, texts FROM pages WHERE id <= ?", last)
	if err != nil {
		return err
	}
	for id, texts := range pages {
		var end int64
		if len(texts) > 0 {
			end = texts[len(texts)-1].id
		}
		there, err := numbers(ctx, tx, "SELECT id FROM entries WHERE id BETWEEN ? AND ?", id, end)
		if err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(texts), func(t text) bool { return !there[t.id] })
		switch {
		case len(kept) == 0:
			_, err = tx.ExecContext(ctx, "DELETE FROM pages WHERE id = ?", id)
		case len(kept) < len(texts):
			err = s.writePage(ctx, tx, id, kept)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
