package ratchet

import (
	"crypto/mlkem"
	"time"
)

// kemState is what a device does for the next epoch. The devices take turns: one
// makes a key pair, the other answers with a ciphertext, and the epoch begins. Then the
// other one makes a key pair.
//
//	state      its messages have     and when there comes          then
//	offering   an encapsulation key  the ciphertext                the next epoch, awaiting
//	awaiting   nothing               an encapsulation key          the next epoch, answered
//	answered   the ciphertext        a message of the new epoch    a new key pair, offering
//
// The part is in every message of a state, so that any one of them is enough.
type kemState uint8

const (
	offering kemState = iota
	awaiting
	answered
)

// part is what a state's messages have.
func (s kemState) part() partKind {
	return [...]partKind{offering: partKey, awaiting: partNone, answered: partCiphertext}[s]
}

// next is the state after.
func (s kemState) next() kemState {
	return [...]kemState{offering: awaiting, awaiting: answered, answered: offering}[s]
}

// kemRatchet is the Sparse Post-Quantum Ratchet. Each epoch has a secret that was
// encapsulated, and from it a chain for each direction.
type kemRatchet struct {
	Root           key
	Initiator      bool
	State          kemState
	Epoch          uint32 // of what is sent
	Send           chain
	PreviousLength uint32                        // messages sent in the epoch before
	ReceiveEpoch   uint32                        // of what comes: one less than Epoch if answered
	Receive        chain                         //
	Next           chain                         // if answered: of what will come in Epoch
	Seed           [mlkem.SeedSize]byte          // if offering: of the key pair
	Ciphertext     [mlkem.CiphertextSize768]byte // if answered
}

// begin starts epoch 0 from the secret. The initiator offers first.
func (r *kemRatchet) begin(initiator bool, secret key, fresh func([]byte) error) error {
	r.Initiator, r.State = initiator, awaiting
	if err := r.derive(secret[:], &r.Send, &r.Receive); err != nil {
		return err
	}
	if !initiator {
		return nil
	}
	return r.offer(fresh)
}

func (r *kemRatchet) offer(fresh func([]byte) error) error {
	r.State = offering
	return fresh(r.Seed[:])
}

// derive mixes a secret into the root, and begins a chain for each direction.
func (r *kemRatchet) derive(secret []byte, send, receive *chain) error {
	*send, *receive = chain{}, chain{}
	if !r.Initiator {
		send, receive = receive, send
	}
	return derive(secret, r.Root[:], "epoch", &r.Root, &send.Key, &receive.Key)
}

// send returns the key of the next message, and puts into its header what the
// other device needs.
func (r *kemRatchet) send(h *header) (key, error) {
	h.Kind = r.State.part()
	switch h.Kind {
	case partKey:
		pair, err := mlkem.NewDecapsulationKey768(r.Seed[:])
		if err != nil {
			return key{}, err
		}
		copy(h.Part[:], pair.EncapsulationKey().Bytes())
	case partCiphertext:
		copy(h.Part[:], r.Ciphertext[:])
	case partNone:
	}
	h.Epoch, h.EpochBefore, h.EpochMessage = r.Epoch, r.PreviousLength, r.Send.N
	return r.Send.next(), nil
}

// receive returns the key of a message, and goes on to the next epoch if its header
// has what that takes.
func (r *kemRatchet) receive(h *header, skipped *skippedKeys[uint32], fresh func([]byte) error, now time.Time) (key, error) {
	if h.Epoch < r.ReceiveEpoch || h.Epoch == r.ReceiveEpoch && h.EpochMessage < r.Receive.N {
		return skipped.take(h.Epoch, h.EpochMessage)
	}
	if h.Epoch != r.ReceiveEpoch {
		if h.Epoch != r.ReceiveEpoch+1 {
			return key{}, ErrMalformed
		}
		if err := r.Receive.skipTo(max(h.EpochBefore, r.Receive.N), skipped.keep(r.ReceiveEpoch, now)); err != nil {
			return key{}, err
		}
		if err := r.follow(h, fresh); err != nil {
			return key{}, err
		}
	}
	if err := r.Receive.skipTo(h.EpochMessage, skipped.keep(h.Epoch, now)); err != nil {
		return key{}, err
	}
	message := r.Receive.next()
	if r.State == awaiting && h.Kind == partKey {
		return message, r.answer(h.part())
	}
	return message, nil
}

// follow goes on to an epoch that the other device sends in.
func (r *kemRatchet) follow(h *header, fresh func([]byte) error) error {
	r.ReceiveEpoch++
	switch {
	case r.State == answered:
		r.Receive, r.Next = r.Next, chain{}
		clear(r.Ciphertext[:])
		return r.offer(fresh)
	case r.State == offering && h.Kind == partCiphertext:
		pair, err := mlkem.NewDecapsulationKey768(r.Seed[:])
		if err != nil {
			return err
		}
		secret, err := pair.Decapsulate(h.part())
		if err != nil {
			return ErrMalformed
		}
		clear(r.Seed[:])
		return r.enter(secret, &r.Receive)
	}
	return ErrMalformed
}

// answer encapsulates to the key of the other device.
func (r *kemRatchet) answer(encapsulationKey []byte) error {
	to, err := mlkem.NewEncapsulationKey768(encapsulationKey)
	if err != nil {
		return ErrMalformed
	}
	secret, ciphertext := to.Encapsulate()
	copy(r.Ciphertext[:], ciphertext)
	return r.enter(secret, &r.Next)
}

// enter begins to send in the next epoch.
func (r *kemRatchet) enter(secret []byte, receive *chain) error {
	defer clear(secret)
	r.PreviousLength = r.Send.N
	r.Epoch++
	r.State = r.State.next()
	return r.derive(secret, &r.Send, receive)
}
