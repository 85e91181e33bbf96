package ratchet

import (
	"crypto/ecdh"
	"time"
)

// dhRatchet is the Double Ratchet with header encryption: a chain for each direction,
// and a new one whenever the other device has answered. The names are those of
// section 4.
type dhRatchet struct {
	Root           key
	Self           key // the private key
	Peer           key // the public key of the other device; zero before its first message
	Send, Receive  headerChain
	NextSend       key // the header key of the next chain
	NextReceive    key
	PreviousLength uint32 // messages in the sending chain before this one
}

// headerChain is a chain of messages and the key of their headers.
type headerChain struct {
	Header key
	Chain  chain
}

// begin is how the initiator begins: it takes a step to the key of the responder. The
// responder can send from the start, too, in a chain that comes from the secret.
func (r *dhRatchet) begin(initiator bool, secret key) error {
	var first headerChain // of the responder
	var initiators, responders key
	err := derive(secret[:], nil, "start", &r.Root, &initiators, &responders, &first.Header, &first.Chain.Key)
	if err != nil {
		return err
	}
	if !initiator {
		r.Send, r.NextSend, r.NextReceive = first, responders, initiators
		return nil
	}
	r.Receive, r.NextReceive = first, responders
	r.Send.Header = initiators
	return r.step(&r.Send.Chain, &r.NextSend)
}

// send returns the keys of the next message, and puts into its header what tells
// which ones they are.
func (r *dhRatchet) send(h *header) (headerKey, message key, err error) {
	public, err := publicOf(r.Self)
	if err != nil {
		return key{}, key{}, err
	}
	h.DH, h.Previous, h.N = public, r.PreviousLength, r.Send.Chain.N
	return r.Send.Header, r.Send.Chain.next(), nil
}

// receive returns the key of a message whose header opened under headerKey. It takes
// a step if that is the header key of the next chain; fresh is the private key that
// the device has from then on.
func (r *dhRatchet) receive(headerKey key, h *header, skipped *skippedKeys[key], fresh func() (key, error), now time.Time) (key, error) {
	if headerKey == r.NextReceive {
		if err := r.Receive.Chain.skipTo(max(h.Previous, r.Receive.Chain.N), skipped.keep(r.Receive.Header, now)); err != nil {
			return key{}, err
		}
		if err := r.turn(h.DH, fresh); err != nil {
			return key{}, err
		}
	} else if headerKey != r.Receive.Header || h.N < r.Receive.Chain.N {
		return skipped.take(headerKey, h.N)
	}
	if err := r.Receive.Chain.skipTo(h.N, skipped.keep(r.Receive.Header, now)); err != nil {
		return key{}, err
	}
	return r.Receive.Chain.next(), nil
}

// turn is a step of the ratchet: the other device has a new key, and so gets this one.
func (r *dhRatchet) turn(peer key, fresh func() (key, error)) error {
	r.PreviousLength = r.Send.Chain.N
	r.Send, r.Receive = headerChain{Header: r.NextSend}, headerChain{Header: r.NextReceive}
	r.Peer = peer
	if err := r.step(&r.Receive.Chain, &r.NextReceive); err != nil {
		return err
	}
	var err error
	if r.Self, err = fresh(); err != nil {
		return err
	}
	return r.step(&r.Send.Chain, &r.NextSend)
}

// step mixes what both keys share into the root, and begins a chain.
func (r *dhRatchet) step(c *chain, nextHeader *key) error {
	self, err := ecdh.X25519().NewPrivateKey(r.Self[:])
	if err != nil {
		return err
	}
	peer, err := ecdh.X25519().NewPublicKey(r.Peer[:])
	if err != nil {
		return ErrMalformed
	}
	shared, err := self.ECDH(peer)
	if err != nil {
		return ErrMalformed // a point of low order
	}
	defer clear(shared)
	*c = chain{}
	return derive(shared, r.Root[:], "step", &r.Root, &c.Key, nextHeader)
}

func publicOf(private key) (key, error) {
	self, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return key{}, err
	}
	return key(self.PublicKey().Bytes()), nil
}
