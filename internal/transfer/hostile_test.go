package transfer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// hostileSender plays a sender by hand against an honest receiver of one file
// "f" of two blocks and one stream, and returns how the receiver ended.
func hostileSender(t *testing.T, play func(p *player)) (*memoryDestination, error) {
	t.Helper()
	s, r := sessions(t)
	join(t, s, r, 0, wire.LaneRelay, nil)
	dest := &memoryDestination{}
	ended := make(chan error, 1)
	go func() {
		_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
			Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
			Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
		})
		ended <- err
		_ = r.Close()
	}()
	p := &player{t: t, link: s}
	play(p)
	synctest.Wait()
	_ = s.Close()
	return dest, <-ended
}

// player speaks for one side.
type player struct {
	t *testing.T
	*link
}

func (p *player) say(m interface{ Append([]byte) []byte }) {
	p.t.Helper()
	if err := p.Send(p.t.Context(), m.Append(nil)); err != nil {
		p.t.Log(err)
	}
}

// await reads messages up to one of a type; the session's end is nil.
func (p *player) await(want wire.Type) []byte {
	for {
		m, err := p.Receive(p.t.Context())
		if err != nil {
			return nil
		}
		if got, _ := wire.TypeOf(m); got == want {
			return m
		}
	}
}

func (p *player) data(segments ...wire.Segment) {
	p.t.Helper()
	l, err := p.Attached(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.seen = 0
	var b []byte
	for _, s := range segments {
		b = s.Append(b)
	}
	_ = l.SendData(p.t.Context(), b)
}

var (
	offerF = wire.Offer{Known: true, Files: 1, Bytes: mib + 5, Names: []string{"f"}}
	pageF  = wire.Manifest{Last: true, Entries: []wire.Entry{
		{Kind: wire.KindFile, Mode: 0o644, Path: "f", Size: mib + 5},
		{Kind: wire.KindStream, Mode: 0o644, Path: "s"},
	}}
)

// upToWant plays honestly until the receiver has asked for the page.
func upToWant(p *player) {
	p.say(offerF)
	p.say(pageF)
	p.await(wire.TypeWant)
}

// lastBlock is the second block of f, as it should be.
func lastBlock(payload string) wire.Segment {
	return wire.Segment{File: 0, Offset: mib, BlockLen: 5, Hash: blockhash.Sum(1, []byte(payload)).Hash, Payload: []byte(payload)}
}

func TestHostileSender(t *testing.T) {
	part := func(start, n int) wire.Segment {
		return wire.Segment{File: 0, Offset: int64(start), BlockLen: mib, Payload: make([]byte, n)}
	}
	for name, play := range map[string]func(*player){
		"a page before its turn": func(p *player) { p.say(offerF); p.say(wire.Manifest{Page: 1}) },
		"a page from another entry on": func(p *player) {
			p.say(offerF)
			p.say(wire.Manifest{First: 3})
		},
		"a page after the last": func(p *player) {
			p.say(offerF)
			p.say(wire.Manifest{Last: true})
			p.say(wire.Manifest{Page: 1})
		},
		"two lists of what is omitted": func(p *player) {
			p.say(offerF)
			p.say(wire.Omitted{LeftOut: 1})
			p.say(wire.Omitted{LeftOut: 1})
		},
		"more is omitted by name than is counted": func(p *player) {
			p.say(offerF)
			p.say(wire.Omitted{LeftOut: 9, Entries: []wire.OmittedEntry{{Path: "a", Reason: "a socket"}}})
			p.say(wire.Manifest{Last: true})
		},
		"two offers":           func(p *player) { p.say(offerF); p.say(offerF) },
		"a receiver's message": func(p *player) { p.say(wire.Accept{}) },
		"an invitation nobody asked for": func(p *player) {
			upToWant(p)
			p.say(wire.Invitation{Body: []byte("body")})
		},
		"an unknown message":      func(p *player) { _ = p.Send(p.t.Context(), []byte{0x7e, 1, 2}) },
		"half a message":          func(p *player) { _ = p.Send(p.t.Context(), []byte{byte(wire.TypeOffer), 0}) },
		"done at once":            func(p *player) { p.say(offerF); p.say(wire.Done{}) },
		"an end of nothing asked": func(p *player) { upToWant(p); p.say(wire.End{Files: []wire.FileEnd{{File: 9}}}) },
		"an end of another size": func(p *player) {
			upToWant(p)
			p.say(wire.End{Files: []wire.FileEnd{{File: 0, Size: 4}}})
		},
		"blocks the same as none": func(p *player) {
			upToWant(p)
			p.say(wire.Same{Runs: []wire.Run{{File: 0, First: 0, Count: 1}}})
		},
		"data of nothing asked": func(p *player) {
			upToWant(p)
			seg := lastBlock("12345")
			seg.File = 7
			p.data(seg)
		},
		"data before the offer": func(p *player) { p.data(lastBlock("12345")) },
		"a block beyond the end": func(p *player) {
			upToWant(p)
			p.data(wire.Segment{File: 0, Offset: 2 * mib, BlockLen: 5, Payload: []byte("12345")})
		},
		"a block of another length": func(p *player) {
			upToWant(p)
			p.data(wire.Segment{File: 0, Offset: mib, BlockLen: 4, Payload: []byte("1234")})
		},
		"a block far ahead in a stream": func(p *player) {
			upToWant(p)
			p.data(wire.Segment{File: 1, Offset: 1 << 40, BlockLen: 4, Payload: []byte("1234")})
		},
		"a part that is cut elsewhere": func(p *player) { upToWant(p); p.data(part(1, wire.MaxSegment)) },
		"a part that is too short":     func(p *player) { upToWant(p); p.data(part(0, 10)) },
		"two versions of a block": func(p *player) {
			upToWant(p)
			p.data(part(0, wire.MaxSegment))
			other := part(wire.MaxSegment, wire.MaxSegment)
			other.Hash[0] = 1
			p.data(other)
		},
		"a compressed segment that was not agreed on": func(p *player) {
			upToWant(p)
			p.data(wire.Segment{File: 0, BlockLen: mib, Payload: []byte("short"), Compressed: true})
		},
		"a compressed segment that is none": func(p *player) {
			asked := offerF
			asked.Compresses = true
			p.say(asked)
			p.say(pageF)
			p.await(wire.TypeWant)
			p.data(wire.Segment{File: 0, BlockLen: mib, Payload: []byte("short"), Compressed: true})
		},
		"junk for data": func(p *player) {
			upToWant(p)
			l, err := p.Attached(p.t.Context())
			if err == nil {
				_ = l.SendData(p.t.Context(), []byte("junk"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest, err := hostileSender(t, play)
				if !errors.Is(err, wire.ErrMalformed) {
					t.Errorf("the receiver ended with %v", err)
				}
				check(t, dest, nil)
			})
		})
	}
}

// Once everything is in place the receiver has succeeded, whatever the sender
// says or does not say then.
func TestNothingUndoesASuccess(t *testing.T) {
	for name, last := range map[string]func(*player){
		"cancelled":    func(p *player) { p.say(wire.Cancel{Reason: wire.ReasonCancelled}) },
		"out of turn":  func(p *player) { p.say(wire.Manifest{Page: 1}) },
		"gone":         func(p *player) { _ = p.Close() },
		"never a word": func(*player) { <-time.After(time.Minute) }, // of synctest's time
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := hostileSender(t, func(p *player) {
					p.say(wire.Offer{Known: true})
					p.say(wire.Manifest{Last: true})
					if p.await(wire.TypeComplete) == nil {
						t.Error("the receiver is not complete")
					}
					last(p)
				})
				if err != nil {
					t.Errorf("the receiver ended with %v", err)
				}
			})
		})
	}
}

// A block that is not what its hash says, and a file that is not what its root
// says, never get a name; the transfer goes on and tells.
func TestCorruptDataGetsNoName(t *testing.T) {
	first := make([]byte, mib)
	whole := func(p *player, last string) {
		upToWant(p)
		hash := blockhash.Sum(0, first).Hash
		for start := 0; start < mib; start += wire.MaxSegment {
			n := min(wire.MaxSegment, mib-start)
			p.data(wire.Segment{File: 0, Offset: int64(start), BlockLen: mib, Hash: hash, Payload: first[start : start+n]})
		}
		p.data(lastBlock(last))
	}
	for name, play := range map[string]func(*player){
		"block": func(p *player) {
			upToWant(p)
			seg := lastBlock("12345")
			seg.Payload = []byte("12346")
			p.data(seg)
		},
		"root": func(p *player) {
			whole(p, "12345")
			p.say(wire.End{Files: []wire.FileEnd{{File: 0, Size: mib + 5, Root: [32]byte{1}}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest, _ := hostileSender(t, func(p *player) {
					play(p)
					m := p.await(wire.TypeSettled)
					settled, err := wire.ParseSettled(m)
					if err != nil || settled.Files[0].Outcome != wire.OutcomeIntegrity {
						t.Errorf("settled: %+v, %v", settled, err)
					}
				})
				check(t, dest, nil)
			})
		})
	}
}

// hostileReceiver plays a receiver by hand against an honest sender.
func hostileReceiver(t *testing.T, play func(p *player)) error {
	t.Helper()
	s, r := sessions(t)
	join(t, s, r, 0, wire.LaneRelay, nil)
	r.HandleData(func(wire.Lanes, []byte) error { return nil })
	ended := make(chan error, 1)
	go func() {
		src := &memorySource{files: map[string][]byte{"f": data(1, mib+5)}}
		_, err := transfer.Send(t.Context(), s, src, transfer.SendOptions{Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {}})
		ended <- err
		_ = s.Close()
	}()
	p := &player{t: t, link: r}
	p.await(wire.TypeManifest)
	play(p)
	synctest.Wait()
	_ = r.Close()
	return <-ended
}

func TestHostileReceiver(t *testing.T) {
	for name, play := range map[string]func(*player){
		"wants a page that was not sent": func(p *player) { p.say(wire.Want{Page: 5}) },
		"wants a page twice":             func(p *player) { p.say(wire.Want{}); p.say(wire.Want{}) },
		"skips what is not on the page":  func(p *player) { p.say(wire.Want{Skips: []wire.Skip{{File: 3}}}) },
		"has blocks of no file":          func(p *player) { p.say(wire.Have{File: 8, Hashes: make([][32]byte, 1)}) },
		"has blocks beyond the end":      func(p *player) { p.say(wire.Have{File: 0, First: 2, Hashes: make([][32]byte, 1)}) },
		"acknowledges far too much": func(p *player) {
			p.say(wire.Want{})
			p.say(wire.Ack{Runs: []wire.Run{{File: 0, First: 0, Count: 1 << 30}}})
		},
		"settles what is not under way": func(p *player) {
			p.say(wire.Want{})
			p.say(wire.Settled{Files: []wire.FileSettled{{File: 4}}})
		},
		"settles a file before it is read": func(p *player) { p.say(wire.Settled{Files: []wire.FileSettled{{File: 0}}}) },
		"is complete with a file under way": func(p *player) {
			p.say(wire.Want{})
			synctest.Wait()
			p.say(wire.Complete{})
		},
		"invites":            func(p *player) { p.say(wire.Invitation{Body: []byte("body")}) },
		"speaks as a sender": func(p *player) { p.say(wire.Done{}) },
		"half a message":     func(p *player) { _ = p.Send(p.t.Context(), []byte{byte(wire.TypeWant)}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := hostileReceiver(t, play); !errors.Is(err, wire.ErrMalformed) {
					t.Errorf("the sender ended with %v", err)
				}
			})
		})
	}
}

// Acknowledgements that acknowledge nothing do no harm, and a receiver that
// leaves without a word is told as a lost connection.
func TestReceiverThatLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := hostileReceiver(t, func(p *player) {
			p.say(wire.Want{})
			p.say(wire.Ack{Runs: []wire.Run{{File: 0, First: 0, Count: 2}, {File: 0, First: 0, Count: 2}, {File: 77, First: 3, Count: 1}}})
			p.say(wire.Ack{Runs: []wire.Run{{File: 0, First: 0, Count: 2}}})
		})
		if err == nil || errors.Is(err, wire.ErrMalformed) {
			t.Errorf("the sender ended with %v", err)
		}
	})
}
