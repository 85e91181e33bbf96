package devices

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/ratchet"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// cell is where devices are. All of a device is sealed, also its name: there are few.
func cell() sealeddb.Cell { return sealeddb.Cell{Table: "devices", Column: "device"} }

func schema() sealeddb.Schema {
	return sealeddb.Schema{
		File: "devices.db", Use: "devices", Cells: []sealeddb.Cell{cell(), groupCell()},
		Migrations: []string{`
			CREATE TABLE meta (
				id    INTEGER PRIMARY KEY,
				known BLOB NOT NULL
			) STRICT;
			CREATE TABLE devices (
				id     INTEGER PRIMARY KEY AUTOINCREMENT,
				device BLOB NOT NULL
			) STRICT;`, `
			CREATE TABLE device_groups (
				id           INTEGER PRIMARY KEY AUTOINCREMENT,
				device_group BLOB NOT NULL
			) STRICT;`},
	}
}

// Files returns the names of all files of a store in its folder.
func Files() []string { return append(schema().Files(), "lock") }

// Store is the devices that this machine is paired with. It may be used by several
// goroutines.
type Store struct {
	db  *sealeddb.DB
	now func() time.Time
}

// Open opens the store in a folder of its user's alone, which it makes if there is none.
// key is the device key; it is not needed after Open. now returns the time; nil:
// time.Now. Errors are those of sealeddb.Open.
func Open(ctx context.Context, dir string, key *devicekey.Key, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	db, err := sealeddb.Open(ctx, dir, schema(), key)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, now: now}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// List returns all devices, by their names.
func (s *Store) List(ctx context.Context) (all []Device, err error) {
	kept, err := s.all(ctx, s.db)
	for _, d := range kept {
		all = append(all, d.Device)
	}
	slices.SortFunc(all, func(a, b Device) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Get returns the device of a name. Error: ErrNoDevice.
func (s *Store) Get(ctx context.Context, name string) (Device, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Device{}, err
	}
	i := slices.IndexFunc(all, func(d Device) bool { return d.Name == name })
	if i < 0 {
		return Device{}, ErrNoDevice
	}
	return all[i], nil
}

// Add keeps the other machine of a pairing under a name. Errors: ErrName, ErrTaken.
func (s *Store) Add(ctx context.Context, p *Pairing, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		d := *p.device
		d.Name = name
		return s.insert(ctx, tx, &d)
	})
}

// insert adds a device whose name is free. Error: ErrTaken.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, d *device) error {
	if err := s.free(ctx, tx, d.Name); err != nil {
		return err
	}
	var id int64
	// The number comes first, because the value is sealed for it.
	if err := tx.QueryRowContext(ctx, "INSERT INTO devices (device) VALUES (x'') RETURNING id").Scan(&id); err != nil {
		return err
	}
	return s.save(ctx, tx, id, d)
}

// Remove forgets a device, also in all groups. What it sends does not reach this machine
// any more. Error: ErrNoDevice.
func (s *Store) Remove(ctx context.Context, name string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		id, _, err := s.find(ctx, tx, named(name))
		if err != nil {
			return err
		}
		if err := s.leaveGroups(ctx, tx, id); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM devices WHERE id = ?", id)
		return err
	})
}

// Rename gives a device another name. Errors: ErrNoDevice, ErrName, ErrTaken.
func (s *Store) Rename(ctx context.Context, name, other string) error {
	if err := CheckName(other); err != nil {
		return err
	}
	return s.update(ctx, named(name), func(tx *sql.Tx, d *device) error {
		if name == other {
			return nil
		}
		d.Name = other
		return s.free(ctx, tx, other)
	})
}

// SetRules changes what becomes of what a device sends. Error: ErrNoDevice.
func (s *Store) SetRules(ctx context.Context, name string, r Rules) error {
	return s.update(ctx, named(name), func(_ *sql.Tx, d *device) error {
		d.Rules = r
		return nil
	})
}

// Seal makes a note for a device: where it has to go at the device's relay, and its
// bytes. The session is on the disk by then. While 32 notes have not been heard, it is always the
// same slot: if that is taken, the device has not fetched the last note. Errors: ErrNoDevice,
// ErrMoved.
func (s *Store) Seal(ctx context.Context, name string, n Note) (slot Slot, message []byte, err error) {
	err = s.update(ctx, named(name), func(_ *sql.Tx, d *device) (err error) {
		if !d.Moved.IsZero() {
			return ErrMoved
		}
		slot, message, err = d.seal(n)
		return err
	})
	return slot, message, err
}

// Slots returns where notes for this machine may lie, by the relay. Those of a device are
// in the order in which it uses them. What comes in several has to be opened in this
// order: who opens one that is far ahead gives up those long before it.
func (s *Store) Slots(ctx context.Context) (map[string][]Slot, error) {
	all, err := s.all(ctx, s.db)
	if err != nil {
		return nil, err
	}
	at := make(map[string][]Slot)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		d := all[id]
		if !d.Moved.IsZero() {
			continue
		}
		at[d.Relay] = append(at[d.Relay], d.In.waiting()...)
	}
	return at, nil
}

// Open opens what lay in a slot, and returns the device that it is of. It opens once. An
// invitation and what was stored then wait for Waiting. Errors: ErrNotOurs if it was
// opened before, or is of no device; if from has a name then, it lay where only that device
// puts something: the relay has changed it, or one of both machines runs from an old state. ErrMoved,
// if it is for the machine that has the device now. ErrCopied, beside the note, if it says that this
// machine runs from an old state.
func (s *Store) Open(ctx context.Context, slot Slot, message []byte) (from Device, n Note, err error) {
	var beside error // of a note that is opened all the same
	err = s.change(ctx, func(tx *sql.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		for id, d := range all {
			found := d.In.find(slot)
			if found < 0 {
				continue
			}
			if !d.Moved.IsZero() {
				return ErrMoved
			}
			n, err = d.open(found, slot, message, s.now())
			switch {
			case errors.Is(err, ErrNote), errors.Is(err, ErrCopied):
				beside = err
			case err != nil:
				from = d.Device
				return notOurs(err)
			}
			from = d.Device
			return s.save(ctx, tx, id, d)
		}
		return ErrNotOurs
	})
	return from, n, cmp.Or(err, beside)
}

// Waiting is a note that waits to be acted upon.
type Waiting struct {
	From   Device
	Number uint64
	Note   Note
}

// Waiting returns what waits to be acted upon, of each device the oldest first, and
// forgets what is too late.
func (s *Store) Waiting(ctx context.Context) (waiting []Waiting, err error) {
	all, err := s.all(ctx, s.db)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if !all[id].Moved.IsZero() {
			continue
		}
		for _, w := range all[id].Waiting {
			one := Waiting{all[id].Device, w.Number, w.Note}
			if !w.Note.Over(s.now()) {
				waiting = append(waiting, one)
			} else if err := s.Done(ctx, one); err != nil {
				return nil, err
			}
		}
	}
	return waiting, nil
}

// Done forgets a note that was acted upon. That its device was removed is no error.
func (s *Store) Done(ctx context.Context, w Waiting) error {
	same := func(d *device) bool { return d.Fingerprint == w.From.Fingerprint }
	err := s.update(ctx, same, func(_ *sql.Tx, d *device) error {
		d.Waiting = slices.DeleteFunc(d.Waiting, func(other waitingNote) bool { return other.Number == w.Number })
		return nil
	})
	if errors.Is(err, ErrNoDevice) {
		return nil
	}
	return err
}

func notOurs(err error) error {
	for _, foreign := range []error{ratchet.ErrForeign, ratchet.ErrUsed, ratchet.ErrGap, ratchet.ErrMalformed} {
		if errors.Is(err, foreign) {
			return fmt.Errorf("%w: %w", ErrNotOurs, err)
		}
	}
	return err
}

// all returns all devices by their numbers.
func (s *Store) all(ctx context.Context, q sealeddb.Querier) (map[int64]*device, error) {
	all := make(map[int64]*device)
	err := s.db.EachSealed(ctx, q, cell(), func(id int64, value []byte) error {
		d := new(device)
		if err := json.Unmarshal(value, d); err != nil {
			return fmt.Errorf("%w: %w", sealeddb.ErrDamaged, err)
		}
		all[id] = d
		return nil
	}, "SELECT id, device FROM devices")
	return all, err
}

// named returns whether a device has a name.
func named(name string) func(*device) bool {
	return func(d *device) bool { return d.Name == name }
}

// find returns the device that is the right one. Error: ErrNoDevice.
func (s *Store) find(ctx context.Context, q sealeddb.Querier, right func(*device) bool) (int64, *device, error) {
	all, err := s.all(ctx, q)
	if err != nil {
		return 0, nil, err
	}
	for id, d := range all {
		if right(d) {
			return id, d, nil
		}
	}
	return 0, nil, ErrNoDevice
}

// free returns ErrTaken if a device has a name.
func (s *Store) free(ctx context.Context, q sealeddb.Querier, name string) error {
	_, _, err := s.find(ctx, q, named(name))
	switch {
	case err == nil:
		return ErrTaken
	case errors.Is(err, ErrNoDevice):
		return nil
	}
	return err
}

// update changes one device.
func (s *Store) update(ctx context.Context, right func(*device) bool, f func(*sql.Tx, *device) error) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		id, d, err := s.find(ctx, tx, right)
		if err != nil {
			return err
		}
		if err := f(tx, d); err != nil {
			return err
		}
		return s.save(ctx, tx, id, d)
	})
}

func (s *Store) save(ctx context.Context, tx *sql.Tx, id int64, d *device) error {
	value, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE devices SET device = ? WHERE id = ?", s.db.Seal(cell(), id, value), id)
	return err
}

// change makes a change that survives a power cut.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	if err := s.db.Change(ctx, f); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
