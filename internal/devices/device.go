package devices

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
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
	Taken   uint64 `json:"taken"` // notes that were ever put into Waiting

	Waiting []waitingNote `json:"waiting,omitempty"` // what it has said and nobody has acted upon, the oldest first

	Recent [][sha256.Size]byte `json:"recent,omitempty"` // digests of the last notes that were put into Waiting
}

// waitingNote is a note that waits to be acted upon.
type waitingNote struct {
	Number uint64 `json:"number"` // among all that ever waited
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
	out := d.Out
	var slot Slot
	if out.N-d.Acked < window || out.spares()[0] == slot {
		slot = out.next()
	} else {
		slot, n.Next = out.spares()[0], out.N
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
	message, err := session.Seal(plain, slot[:])
	if err != nil {
		return Slot{}, nil, err
	}
	d.Out = out
	d.Session, err = session.Append(nil)
	return slot, message, err
}

// open opens what lay in a slot that find has found. It returns ErrNote or ErrCopied beside what it has
// opened all the same.
func (d *device) open(found int, slot Slot, message []byte, now time.Time) (Note, error) {
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
	d.Device.Heard = now
	n, err := parseNote(plain)
	if found != spare {
		d.In.open(found)
	} else {
		d.In.giveUp(n.Next)
	}
	if err != nil {
		return n, err
	}
	if n.Kind == KindInvite || n.Kind == KindStored {
		d.wait(n)
	}
	if n.Heard > d.Out.N {
		// Another copy of this state has said more than this one. What it has said does not
		// come again, so this one goes on behind it.
		d.Out.skipTo(min(n.Heard, d.Out.N+maxSkip))
		d.Acked = d.Out.N
		return n, ErrCopied
	}
	d.Acked = max(d.Acked, n.Heard)
	return n, nil
}

// wait has a note wait to be acted upon, unless the same was said before: a relay that says
// of a slot that it is taken, and has the note, has it said again in the next one.
func (d *device) wait(n Note) {
	digest := sha256.Sum256([]byte(n.Code + "\n" + n.Link))
	if slices.Contains(d.Recent, digest) {
		return
	}
	d.Recent = append(d.Recent, digest)
	d.Recent = d.Recent[max(0, len(d.Recent)-2*window):] // what is said again is no more than a window away
	d.Taken++
	d.Waiting = append(d.Waiting, waitingNote{d.Taken, n})
	d.Waiting = d.Waiting[max(0, len(d.Waiting)-maxWaiting):]
}

// maxSkip bounds how many slots another copy may have used.
const maxSkip = 10_000

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
