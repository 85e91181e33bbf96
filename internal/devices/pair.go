package devices

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

// invitationVersion is the first field of an invitation.
const invitationVersion = 1

// invitationStep is what the size of an invitation is a multiple of, so that it does not tell
// the lengths of the names in it.
const invitationStep = 512

// invitation is what one machine sends to another to be paired, over a channel that
// nobody else can read or write.
type invitation struct {
	Version int    `json:"tallow_device"`
	Name    string `json:"name"`
	Relay   string `json:"relay"`
	Secret  []byte `json:"secret"`
	Public  []byte `json:"public"` // of the ratchet of who invites
}

// Pairing is a pairing that the other machine has not confirmed. Nothing of it is
// kept yet.
type Pairing struct {
	device     *device
	Invitation []byte // for the other machine; nil if it has invited
}

// Invite begins to pair. name is how this machine calls itself, and relay where both
// will leave their notes.
func Invite(name, relay string, now time.Time) (*Pairing, error) {
	var secret [ratchet.SecretSize]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, err
	}
	session, public, err := ratchet.Responder(secret)
	if err != nil {
		return nil, err
	}
	i := invitation{Version: invitationVersion, Name: name, Relay: relay, Secret: secret[:], Public: public[:]}
	p := new(Pairing)
	if p.device, err = newDevice(secret, false, "", relay, now); err != nil {
		return nil, err
	}
	if p.device.Session, err = session.Append(nil); err != nil {
		return nil, err
	}
	if p.Invitation, err = json.Marshal(i); err != nil {
		return nil, err
	}
	short := (invitationStep - len(p.Invitation)%invitationStep) % invitationStep
	p.Invitation = append(p.Invitation, bytes.Repeat([]byte(" "), short)...)
	return p, nil
}

// Accept is the other end of Invite. name is what the machine that has invited calls
// itself. Error: ErrInvitation.
func Accept(b []byte, now time.Time) (p *Pairing, name string, err error) {
	var i invitation
	if err := json.Unmarshal(b, &i); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrInvitation, err)
	}
	if i.Version != invitationVersion || i.Relay == "" || len(i.Secret) != ratchet.SecretSize || len(i.Public) != ratchet.SecretSize {
		return nil, "", ErrInvitation
	}
	secret := [ratchet.SecretSize]byte(i.Secret)
	session, err := ratchet.Initiator(secret, [ratchet.SecretSize]byte(i.Public))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrInvitation, err)
	}
	p = new(Pairing)
	if p.device, err = newDevice(secret, true, "", i.Relay, now); err != nil {
		return nil, "", err
	}
	p.device.Session, err = session.Append(nil)
	return p, i.Name, err
}

// Device is the other machine, as it will be kept.
func (p *Pairing) Device() Device { return p.device.Device }

// Hello seals the first note of who was invited. Only then does the other machine
// keep this one.
func (p *Pairing) Hello(name string) (Slot, []byte, error) {
	return p.device.seal(Note{Kind: KindHello, Name: name})
}

// Slots are where the first note of the other machine may lie.
func (p *Pairing) Slots() []Slot { return p.device.In.ahead(window) }

// Confirm opens the first note of the other machine, and returns how it calls itself.
func (p *Pairing) Confirm(slot Slot, message []byte, now time.Time) (name string, err error) {
	i := p.device.In.find(slot)
	if i < 0 {
		return "", ErrNotOurs
	}
	n, err := p.device.open(i, slot, message, now)
	if err == nil && n.Kind != KindHello {
		err = ErrNote
	}
	return n.Name, err
}
