package devices

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// exportVersion is the first field of an export.
const exportVersion = 1

// export is what moves the devices to another machine: all that is known of them, with
// the state of their ratchets. Whoever has it is this machine to them.
type export struct {
	Version int       `json:"tallow_devices"`
	Devices []*device `json:"devices"`
}

// Exported is what Export has made.
type Exported struct {
	Bytes []byte // for Import
	Count int    // of devices

	moved [][sha256.Size]byte // the fingerprints of those that were in use until then
}

// Export returns all devices for Import on another machine. From then on they are moved: this
// machine uses none of them, because no state of a ratchet may be used on two machines. Those
// that were moved before are exported again, with the state in which they have stopped.
func (s *Store) Export(ctx context.Context) (e Exported, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		out := export{Version: exportVersion, Devices: []*device{}}
		for _, id := range slices.Sorted(maps.Keys(all)) {
			d := all[id]
			if d.Moved.IsZero() {
				d.Moved = s.now()
				e.moved = append(e.moved, d.Fingerprint)
				if err := s.save(ctx, tx, id, d); err != nil {
					return err
				}
			}
			d.Moved = time.Time{}
			out.Devices = append(out.Devices, d)
		}
		slices.SortFunc(out.Devices, func(a, b *device) int { return strings.Compare(a.Name, b.Name) })
		e.Count = len(out.Devices)
		e.Bytes, err = json.Marshal(out)
		return err
	})
	return e, err
}

// Abandon has this machine use the devices again that an Export has moved. It is for one whose
// bytes nobody has got.
func (s *Store) Abandon(ctx context.Context, e Exported) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		for id, d := range all {
			if !slices.Contains(e.moved, d.Fingerprint) {
				continue
			}
			d.Moved = time.Time{}
			if err := s.save(ctx, tx, id, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// Imported says what has become of the devices of an Import, by their names in the order of
// the export.
type Imported struct {
	Added []string // new here
	Back  []string // had been moved away from here, and are used here again
	Here  []string // are in use here, and stay as they are
	Taken []string // left out: another device has the name here
	Older []string // left out: they had been moved away from here later than this was exported
}

// Import adds the devices that another machine has exported. What is here stays as it is, so
// the same can be imported twice. Error: ErrExport.
func (s *Store) Import(ctx context.Context, b []byte) (done Imported, err error) {
	e, err := parseExport(b)
	if err != nil {
		return done, err
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		for _, d := range e.Devices {
			to, err := s.importOne(ctx, tx, &done, d)
			if err != nil {
				return err
			}
			*to = append(*to, d.Name)
		}
		return nil
	})
	return done, err
}

// importOne imports a device, and returns the list of what has become of it.
func (s *Store) importOne(ctx context.Context, tx *sql.Tx, done *Imported, d *device) (*[]string, error) {
	id, here, err := s.find(ctx, tx, func(other *device) bool { return other.Fingerprint == d.Fingerprint })
	switch {
	case errors.Is(err, ErrNoDevice):
		err := s.insert(ctx, tx, d)
		if errors.Is(err, ErrTaken) {
			return &done.Taken, nil
		}
		return &done.Added, err
	case err != nil:
		return nil, err
	case here.Moved.IsZero():
		return &done.Here, nil
	case d.behind(here):
		return &done.Older, nil
	}
	back := *d // the name and the rules stay those of this machine
	back.Name, back.Rules = here.Name, here.Rules
	return &done.Back, s.save(ctx, tx, id, &back)
}

// behind reports whether a state is older than another one of the same device.
func (d *device) behind(other *device) bool {
	return d.Out.N < other.Out.N || d.In.N < other.In.N || d.In.N == other.In.N && other.In.Opened&^d.In.Opened != 0
}

func parseExport(b []byte) (e export, err error) {
	if err := json.Unmarshal(b, &e); err != nil {
		return e, malformedExport("%w", err)
	}
	switch {
	case e.Version > exportVersion:
		return e, ErrNewerExport
	case e.Version != exportVersion:
		return e, malformedExport("it is none")
	}
	names, fingerprints := make(map[string]bool), make(map[[sha256.Size]byte]bool)
	for _, d := range e.Devices {
		if d == nil {
			return e, malformedExport("a device is missing")
		}
		if err := d.check(); err != nil {
			return e, malformedExport("%q: %w", d.Name, err)
		}
		if names[d.Name] || fingerprints[d.Fingerprint] {
			return e, malformedExport("%q is there twice", d.Name)
		}
		names[d.Name], fingerprints[d.Fingerprint] = true, true
		d.Moved = time.Time{}
	}
	return e, nil
}
