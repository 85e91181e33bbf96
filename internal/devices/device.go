package devices

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

// Rules say what becomes of what a device sends.
type Rules struct {
	Accept   bool   `json:"accept,omitempty"`    // without asking
	Folder   string `json:"folder,omitempty"`    // where it goes; empty: where everything goes
	MaxBytes int64  `json:"max_bytes,omitempty"` // more is declined; 0: any number
}

// Device is a machine that this one is paired with.
type Device struct {
	Name   string    // unique here
	Relay  string    // where the notes lie
	Paired time.Time // when they were paired
	Heard  time.Time // when the last note came; zero: never
	Moved  time.Time // when it was exported to another machine, so that this one does not use it; zero: it is used here
	Rules  Rules

	// Fingerprint is the same on both machines, and no other pair has it.
	Fingerprint [sha256.Size]byte
}

// device is a Device with its secrets, as it is kept.
type device struct {
	Device
	Session []byte `json:"session"` // of the ratchet
	Out     slots  `json:"out"`
	In      inbox  `json:"in"`
	Acked   uint64 `json:"acked"` // notes that the other device has heard or given up

	Waiting []waitingNote `json:"waiting,omitempty"` // what it has said and nobody has acted upon, the oldest first
}

// waitingNote is a note that waits to be acted upon.
type waitingNote struct {
	Number uint64 `json:"number"` // of its slot
	Note   Note   `json:"note"`
}

// newDevice makes the end of a pair that is not yet kept.
func newDevice(secret [ratchet.SecretSize]byte, initiator bool, name, relay string, now time.Time) (*device, error) {
	d := &device{Device: Device{Name: name, Relay: relay, Paired: now}}
	out, in := &d.Out.Key, &d.In.Key
	if !initiator {
		out, in = in, out
	}
	for label, key := range map[string]*[sha256.Size]byte{"slots of the initiator": out, "slots of the responder": in, "fingerprint": &d.Fingerprint} {
		b, err := derive(secret, label)
		if err != nil {
			return nil, err
		}
		*key = b
	}
	return d, nil
}

func derive(secret [ratchet.SecretSize]byte, label string) (key [sha256.Size]byte, err error) {
	b, err := hkdf.Key(sha256.New, secret[:], nil, "tallow/devices/1 "+label, len(key))
	copy(key[:], b)
	return key, err
}

// check returns an error for a device of an export that cannot be one.
func (d *device) check() error {
	if err := CheckName(d.Name); err != nil {
		return err
	}
	if _, err := ratchet.Parse(d.Session); err != nil {
		return err
	}
	ahead := d.Out.N - d.Acked
	if d.Relay == "" || d.Rules.MaxBytes < 0 || d.Fingerprint == [sha256.Size]byte{} || ahead > window || d.In.Opened&1 != 0 || len(d.Waiting) > maxWaiting {
		return errors.New("a value is out of bounds")
	}
	return nil
}

// seal makes the next note: where it has to go, and its bytes.
func (d *device) seal(n Note) (Slot, []byte, error) {
	if d.Out.N-d.Acked >= window {
		return Slot{}, nil, ErrSilent
	}
	n.Heard = d.In.N
	plain, err := json.Marshal(n)
	if err != nil {
		return Slot{}, nil, err
	}
	session, err := ratchet.Parse(d.Session)
	if err != nil {
		return Slot{}, nil, err
	}
	slot := d.Out.next()
	message, err := session.Seal(plain, slot[:])
	if err != nil {
		return Slot{}, nil, err
	}
	d.Session, err = session.Append(nil)
	return slot, message, err
}

// open opens what lay in slot i of those ahead.
func (d *device) open(i int, slot Slot, message []byte, now time.Time) (Note, error) {
	session, err := ratchet.Parse(d.Session)
	if err != nil {
		return Note{}, err
	}
	plain, err := session.Open(message, slot[:], now)
	if err != nil {
		return Note{}, err
	}
	if d.Session, err = session.Append(nil); err != nil {
		return Note{}, err
	}
	number := d.In.N + uint64(i)
	d.In.open(i)
	d.Device.Heard = now
	n, err := parseNote(plain)
	if err != nil {
		return n, err
	}
	if n.Heard <= d.Out.N {
		d.Acked = max(d.Acked, n.Heard)
	}
	if n.Kind == KindInvite || n.Kind == KindStored {
		d.Waiting = append(d.Waiting, waitingNote{number, n})
		d.Waiting = d.Waiting[max(0, len(d.Waiting)-maxWaiting):]
	}
	return n, nil
}

// maxWaiting is how many notes of a device wait to be acted upon; the oldest are
// forgotten.
const maxWaiting = 100

// CheckName returns ErrName if a device cannot have a name.
func CheckName(name string) error {
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,39}$`).MatchString(name) {
		return ErrName
	}
	return nil
}
