package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/internal/vault/sealeddb"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// devicesDir is the folder of the devices.
func (p *program) devicesDir() string { return filepath.Join(p.stateDir(), devicesFolder) }

// openDevices opens the devices of this user, and makes the store if there is none.
func (p *program) openDevices(ctx context.Context) (*devices.Store, error) {
	s, err := p.tryDevices(ctx, true)
	return s, p.devicesFailure(ctx, err)
}

// withDevices calls f with the devices, if there are any; else it returns ErrNoDevice.
func (p *program) withDevices(ctx context.Context, f func(*devices.Store) error) error {
	s, err := p.tryDevices(ctx, false)
	if errors.Is(err, devicekey.ErrNone) {
		return p.devicesFailure(ctx, devices.ErrNoDevice)
	}
	if err == nil {
		err = firstOf(f(s), s.Close())
	}
	return p.devicesFailure(ctx, err)
}

// allDevices returns all devices, by their names.
func (p *program) allDevices(ctx context.Context) (all []devices.Device, err error) {
	s, err := p.tryDevices(ctx, false)
	if errors.Is(err, devicekey.ErrNone) {
		return nil, nil
	}
	if err == nil {
		all, err = s.List(ctx)
		err = firstOf(err, s.Close())
	}
	return all, p.devicesFailure(ctx, err)
}

// allGroups returns all groups, by their names.
func (p *program) allGroups(ctx context.Context) (all []devices.Group, err error) {
	s, err := p.tryDevices(ctx, false)
	if errors.Is(err, devicekey.ErrNone) {
		return nil, nil
	}
	if err == nil {
		all, err = s.Groups(ctx)
		err = firstOf(err, s.Close())
	}
	return all, p.devicesFailure(ctx, err)
}

// tryDevices opens the devices, as openHistory opens the history.
func (p *program) tryDevices(ctx context.Context, create bool) (s *devices.Store, err error) {
	if p.stateDir() == "" {
		return nil, errNoStateDir
	}
	ctx, cancel := context.WithTimeout(ctx, historyPatience)
	defer cancel()
	err = p.keyStore().Use(ctx, create, func(o devicekey.Opened) (err error) {
		p.keyWarnings(o, p.warner())
		s, err = devices.Open(ctx, p.devicesDir(), o.Key, nil)
		return err
	})
	return s, err
}

// warner returns what tells a person or a program a warning.
func (p *program) warner() func(reason, format string, args ...any) {
	return p.warnerOn(newScreen(p))
}

// warnerOn is warner for a screen.
func (p *program) warnerOn(s *screen) func(reason, format string, args ...any) {
	if p.json {
		return newEncoder(p.events(), nil).warn
	}
	return s.warn
}

// movedHint is what to do about a device that another machine has now.
const movedHint = "To use it here again: tallow devices import FILE, with the file of tallow devices export. Or remove it here and there, and pair."

// devicesFailure says why the devices cannot be used.
func (p *program) devicesFailure(ctx context.Context, err error) error {
	var told *failure
	var refused *tallow.Error
	var named *devices.NameError
	const list = "tallow devices lists them."
	switch {
	case err == nil, errors.As(err, &told), errors.As(err, &refused):
		return err
	case ctx.Err() != nil:
		return interrupted()
	case errors.As(err, &named):
		return groupFailure(named)
	case errors.Is(err, devices.ErrNoDevice):
		return usage(list+" To add one: tallow devices pair", "no device has that name")
	case errors.Is(err, devices.ErrTaken):
		return usage(list, "another device has that name")
	case errors.Is(err, devices.ErrName):
		return usage("It has 1 to 40 letters, digits, dashes, dots and underscores.", "a device cannot have that name")
	case errors.Is(err, devices.ErrMoved):
		return usage(movedHint, "that device was exported for another machine")
	case errors.Is(err, sealeddb.ErrWrongKey), errors.Is(err, devicekey.ErrLost), errors.Is(err, sealeddb.ErrDamaged):
		text, _ := p.historyCause(err)
		return &failure{kind: tallow.KindIO, message: "the devices cannot be used: " + text, hint: "Restore " + p.stateDir() + " from a backup, or pair again.", err: err}
	}
	text, hint := p.historyCause(err)
	return &failure{kind: tallow.KindIO, message: "the devices cannot be used: " + text, hint: hint, err: err}
}
