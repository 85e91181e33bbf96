package devices_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/devices"
)

// pairAs gives a machine another device, under a name.
func pairAs(t *testing.T, s *devices.Store, name string) {
	t.Helper()
	other := openStore(t, t.TempDir())
	pairStores(t, other, s) // s calls it laptop
	if name != "laptop" {
		must(t, s.Rename(t.Context(), "laptop", name))
	}
}

func resolves(t *testing.T, s *devices.Store, targets []string, want ...string) {
	t.Helper()
	found, err := s.Resolve(t.Context(), targets...)
	var names []string
	for _, d := range found {
		names = append(names, d.Name)
	}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("%q: %q, %v; want %q", targets, names, err, want)
	}
}

func misses(t *testing.T, err error, name string, why error) {
	t.Helper()
	var named *devices.NameError
	if !errors.As(err, &named) || named.Name != name || !errors.Is(err, why) {
		t.Errorf("%v; want %s: %v", err, name, why)
	}
}

func TestGroups(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	s := openStore(t, dir)
	for _, name := range []string{"phone", "desk", "work", "tower"} {
		pairAs(t, s, name)
	}
	g, err := s.AddToGroup(ctx, "work", "phone", "desk", "phone")
	if err != nil || g.Name != "work" || !slices.Equal(g.Devices, []string{"desk", "phone"}) {
		t.Errorf("%+v, %v", g, err)
	}
	_, err = s.AddToGroup(ctx, "home", "work", "desk")
	must(t, err)
	resolves(t, s, []string{"@work"}, "desk", "phone")
	resolves(t, s, []string{"work"}, "work") // the device
	resolves(t, s, []string{"phone", "@work", "phone", "@home", "tower"}, "phone", "desk", "work", "tower")

	// Who is renamed stays in the group, who is removed leaves all of them.
	must(t, s.Rename(ctx, "desk", "table"))
	resolves(t, s, []string{"@work"}, "phone", "table")
	must(t, s.Remove(ctx, "table"))
	resolves(t, s, []string{"@work"}, "phone")
	resolves(t, s, []string{"@home"}, "work")
	pairAs(t, s, "table") // another one of that name
	resolves(t, s, []string{"@work"}, "phone")

	// One that is open elsewhere sees it, too.
	must(t, s.Close())
	s = openStore(t, dir)
	groups, err := s.Groups(ctx)
	if err != nil || len(groups) != 2 || groups[0].Name != "home" || groups[1].Name != "work" || !slices.Equal(groups[1].Devices, []string{"phone"}) {
		t.Errorf("%+v, %v", groups, err)
	}
	g, err = s.RemoveFromGroup(ctx, "work", "phone")
	if err != nil || len(g.Devices) != 0 {
		t.Errorf("%+v, %v", g, err)
	}
	_, err = s.Resolve(ctx, "tower", "@work")
	misses(t, err, "work", devices.ErrEmptyGroup)
	must(t, s.RemoveGroup(ctx, "work"))
	_, err = s.Resolve(ctx, "@work")
	misses(t, err, "work", devices.ErrNoGroup)
	resolves(t, s, []string{"phone", "work"}, "phone", "work")
}

func TestGroupErrors(t *testing.T) {
	ctx := t.Context()
	s := openStore(t, t.TempDir())
	pairAs(t, s, "phone")
	pairAs(t, s, "desk")
	_, err := s.AddToGroup(ctx, "work", "phone")
	must(t, err)
	for _, bad := range []string{"", "@work", "a b", "-a", "a,b", string(make([]byte, 41))} {
		if _, err := s.AddToGroup(ctx, bad, "phone"); !errors.Is(err, devices.ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, err = s.AddToGroup(ctx, "work", "desk", "nobody")
	misses(t, err, "nobody", devices.ErrNoDevice)
	_, err = s.AddToGroup(ctx, "new", "nobody")
	misses(t, err, "nobody", devices.ErrNoDevice)
	_, err = s.RemoveFromGroup(ctx, "work", "phone", "desk")
	misses(t, err, "desk", devices.ErrNotInGroup)
	_, err = s.RemoveFromGroup(ctx, "none", "phone")
	misses(t, err, "none", devices.ErrNoGroup)
	misses(t, s.RemoveGroup(ctx, "none"), "none", devices.ErrNoGroup)
	_, err = s.Resolve(ctx, "phone", "nobody")
	misses(t, err, "nobody", devices.ErrNoDevice)
	_, err = s.Resolve(ctx, "@")
	misses(t, err, "", devices.ErrNoGroup)

	// What failed has changed nothing.
	groups, err := s.Groups(ctx)
	if err != nil || len(groups) != 1 || !slices.Equal(groups[0].Devices, []string{"phone"}) {
		t.Errorf("%+v, %v", groups, err)
	}
}

// A group is sealed like a device.
func TestGroupsAreSealed(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	pairAs(t, s, "phone")
	_, err := s.AddToGroup(t.Context(), "grandmothers-machines", "phone")
	must(t, err)
	b, err := os.ReadFile(filepath.Join(dir, "devices", "devices.db"))
	must(t, err)
	if !bytes.Contains(b, []byte("device_groups")) {
		t.Fatal("the group is not in the file")
	}
	for _, secret := range []string{"grandmother", `"devices"`} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%q is in the clear", secret)
		}
	}
}
