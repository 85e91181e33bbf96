package storedlist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// MailState says how far a mail is.
type MailState string

// The states of a mail.
const (
	MailQueued MailState = "queued"
	MailSent   MailState = "sent"
	MailFailed MailState = "failed" // and is not tried again
)

// Mail is a mail about a stored transfer.
type Mail struct {
	Number   int64 `json:"-"` // in the order in which they were added
	Transfer int64 `json:"-"` // the number of its entry

	// What it is does not change, so that each attempt sends the same.
	Name    string    `json:"name"` // random, and the same for each attempt
	To      string    `json:"to"`
	Relay   bool      `json:"relay"` // the relay sends it, without the key
	From    string    `json:"from"`  // what the sender is called; may be empty
	Note    string    `json:"note"`
	Queued  time.Time `json:"queued"`
	Expires time.Time `json:"expires"` // when the mail says that the transfer expires; zero until it was tried

	State MailState `json:"state"`
	// Handed says of one that the relay sends that the relay has it. Its state is the one
	// that the relay has told last.
	Handed   bool      `json:"handed,omitempty"`
	Failures int       `json:"failures"`
	Next     time.Time `json:"next"` // the next attempt of one that is queued
	Reason   string    `json:"reason"`
	Changed  time.Time `json:"changed"`
}

// mailCell is where mails are.
func mailCell() sealeddb.Cell { return sealeddb.Cell{Table: "mails", Column: "mail"} }

// AddMails adds mails about a transfer, in one step. They are on the disk once it
// returns.
func (s *Store) AddMails(ctx context.Context, transfer int64, mails []Mail) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		for _, m := range mails {
			value, err := m.encode()
			if err != nil {
				return err
			}
			var number int64
			if err := tx.QueryRowContext(ctx, "INSERT INTO mails (transfer, mail) VALUES (?, x'') RETURNING id", transfer).Scan(&number); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE mails SET mail = ? WHERE id = ?", s.db.Seal(mailCell(), number, value), number); err != nil {
				return err
			}
		}
		return nil
	})
}

// Mails returns the mails about a transfer, the oldest first.
func (s *Store) Mails(ctx context.Context, transfer int64) (mails []Mail, err error) {
	err = s.db.EachSealed(ctx, s.db, mailCell(), func(number int64, value []byte) error {
		m := Mail{}
		if err := json.Unmarshal(value, &m); err != nil {
			return fmt.Errorf("%w: %w", sealeddb.ErrDamaged, err)
		}
		m.Number, m.Transfer = number, transfer
		mails = append(mails, m)
		return nil
	}, "SELECT id, mail FROM mails WHERE transfer = ? ORDER BY id", transfer)
	return mails, err
}

// SaveMail keeps a mail as it is now. One that was removed meanwhile stays so.
func (s *Store) SaveMail(ctx context.Context, m Mail) error {
	value, err := m.encode()
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE mails SET mail = ? WHERE id = ?", s.db.Seal(mailCell(), m.Number, value), m.Number)
		return err
	})
}

// LockMails makes this process the one that sends the mails about a transfer, until
// unlock is called. It is false if another one does. Who has the lock reads the mails
// again.
func (s *Store) LockMails(transfer int64) (unlock func(), ok bool, err error) {
	f, err := s.tryLock(mailing, transfer)
	if errors.Is(err, errLocked) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	// The file stays: another process may wait for it that has opened it.
	return func() { _ = f.Close() }, true, nil
}

func (m Mail) encode() ([]byte, error) {
	value, err := json.Marshal(m)
	if len(value) > maxData {
		return nil, errTooLong
	}
	return value, err
}
