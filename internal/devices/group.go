package devices

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
)

// GroupMark is what a group's name begins with where a device could be meant, too. No
// device has it in its name.
const GroupMark = "@"

// Group is a name for several devices.
type Group struct {
	Name    string   // unique among groups; a device may have it, too
	Devices []string // their names, sorted
}

// group is a Group as it is kept. It has the numbers of its devices, so that they can be
// renamed; no number is ever given to another device.
type group struct {
	Name    string  `json:"name"`
	Devices []int64 `json:"devices"`
}

// groupCell is where groups are.
func groupCell() sealeddb.Cell { return sealeddb.Cell{Table: "device_groups", Column: "device_group"} }

// Groups returns all groups, by their names.
func (s *Store) Groups(ctx context.Context) (groups []Group, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		kept, err := s.allGroups(ctx, tx)
		for _, g := range kept {
			groups = append(groups, g.named(all))
		}
		return err
	})
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups, err
}

// named returns a group with the names of its devices.
func (g group) named(all map[int64]*device) Group {
	named := Group{Name: g.Name}
	for _, id := range g.Devices {
		if d := all[id]; d != nil {
			named.Devices = append(named.Devices, d.Name)
		}
	}
	slices.Sort(named.Devices)
	return named
}

// AddToGroup adds devices to a group, which it makes if there is none of that name, and
// returns the group. Errors: ErrName, and a NameError with ErrNoDevice.
func (s *Store) AddToGroup(ctx context.Context, name string, devices ...string) (Group, error) {
	if err := CheckName(name); err != nil {
		return Group{}, err
	}
	return s.changeGroup(ctx, name, true, func(g *group, ids []int64) error {
		for _, id := range ids {
			if !slices.Contains(g.Devices, id) {
				g.Devices = append(g.Devices, id)
			}
		}
		return nil
	}, devices)
}

// RemoveFromGroup removes devices from a group, which stays, and returns the group. Errors:
// a NameError with ErrNoGroup, ErrNoDevice, or ErrNotInGroup.
func (s *Store) RemoveFromGroup(ctx context.Context, name string, devices ...string) (Group, error) {
	return s.changeGroup(ctx, name, false, func(g *group, ids []int64) error {
		for i, id := range ids {
			if !slices.Contains(g.Devices, id) {
				return &NameError{devices[i], ErrNotInGroup}
			}
		}
		g.Devices = slices.DeleteFunc(g.Devices, func(id int64) bool { return slices.Contains(ids, id) })
		return nil
	}, devices)
}

// RemoveGroup forgets a group. Its devices stay. Error: a NameError with ErrNoGroup.
func (s *Store) RemoveGroup(ctx context.Context, name string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		id, _, err := s.findGroup(ctx, tx, name)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM device_groups WHERE id = ?", id)
		return err
	})
}

// Resolve returns the devices that targets name, each once, in the order in which they
// are named: a device by its name, or the devices of a group, whose name begins with
// GroupMark. Errors: a NameError with ErrNoDevice, ErrMoved, ErrNoGroup, or ErrEmptyGroup.
func (s *Store) Resolve(ctx context.Context, targets ...string) (found []Device, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		for _, target := range targets {
			names := []string{target}
			if name, isGroup := strings.CutPrefix(target, GroupMark); isGroup {
				_, g, err := s.findGroup(ctx, tx, name)
				if err != nil {
					return err
				}
				if names = g.named(all).Devices; len(names) == 0 {
					return &NameError{name, ErrEmptyGroup}
				}
			}
			for _, name := range names {
				id, err := idOf(all, name)
				if err != nil {
					return err
				}
				if !all[id].Moved.IsZero() {
					return &NameError{name, ErrMoved}
				}
				if !slices.ContainsFunc(found, func(d Device) bool { return d.Name == name }) {
					found = append(found, all[id].Device)
				}
			}
		}
		return nil
	})
	return found, err
}

// changeGroup changes a group of devices that are named; create makes it if there is none.
func (s *Store) changeGroup(ctx context.Context, name string, create bool, f func(g *group, ids []int64) error, devices []string) (changed Group, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		id, g, err := s.findGroup(ctx, tx, name)
		if err != nil && (!create || !errors.Is(err, ErrNoGroup)) {
			return err
		}
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		var ids []int64
		for _, name := range devices {
			id, err := idOf(all, name)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := f(&g, ids); err != nil {
			return err
		}
		if id == 0 {
			g.Name = name
			if err := tx.QueryRowContext(ctx, "INSERT INTO device_groups (device_group) VALUES (x'') RETURNING id").Scan(&id); err != nil {
				return err
			}
		}
		changed = g.named(all)
		return s.saveGroup(ctx, tx, id, g)
	})
	return changed, err
}

// leaveGroups takes a device that is removed out of all groups.
func (s *Store) leaveGroups(ctx context.Context, tx *sql.Tx, device int64) error {
	all, err := s.allGroups(ctx, tx)
	if err != nil {
		return err
	}
	for id, g := range all {
		rest := slices.DeleteFunc(slices.Clone(g.Devices), func(d int64) bool { return d == device })
		if len(rest) == len(g.Devices) {
			continue
		}
		g.Devices = rest
		if err := s.saveGroup(ctx, tx, id, g); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) saveGroup(ctx context.Context, tx *sql.Tx, id int64, g group) error {
	value, err := json.Marshal(g)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE device_groups SET device_group = ? WHERE id = ?", s.db.Seal(groupCell(), id, value), id)
	return err
}

// allGroups returns all groups by their numbers.
func (s *Store) allGroups(ctx context.Context, q sealeddb.Querier) (map[int64]group, error) {
	all := make(map[int64]group)
	err := s.db.EachSealed(ctx, q, groupCell(), func(id int64, value []byte) error {
		var g group
		if err := json.Unmarshal(value, &g); err != nil {
			return fmt.Errorf("%w: %w", sealeddb.ErrDamaged, err)
		}
		all[id] = g
		return nil
	}, "SELECT id, device_group FROM device_groups")
	return all, err
}

// findGroup returns the group of a name. Error: a NameError with ErrNoGroup.
func (s *Store) findGroup(ctx context.Context, q sealeddb.Querier, name string) (int64, group, error) {
	all, err := s.allGroups(ctx, q)
	for id, g := range all {
		if g.Name == name {
			return id, g, err
		}
	}
	return 0, group{}, cmp.Or(err, error(&NameError{name, ErrNoGroup}))
}

// idOf returns the number of the device of a name. Error: a NameError with ErrNoDevice.
func idOf(all map[int64]*device, name string) (int64, error) {
	for id, d := range all {
		if d.Name == name {
			return id, nil
		}
	}
	return 0, &NameError{name, ErrNoDevice}
}

// read runs f with all that it reads as it was at one moment.
func (s *Store) read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	return f(tx)
}
