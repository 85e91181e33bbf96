package transfer_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Compressed data arrives as it was, with the hashes of what was read, in fewer bytes.
func TestCompressedTransfer(t *testing.T) {
	sent := tree()
	sent["text"] = []byte(strings.Repeat("a line of a log\n", 5*mib/16))
	sent["stream"] = sent["text"][:3*mib+9]
	sizes := make(map[transfer.Compress]int64)
	for _, mode := range []transfer.Compress{transfer.CompressOff, transfer.CompressOn, transfer.CompressAuto} {
		synctest.Test(t, func(t *testing.T) {
			s, r := sessions(t)
			var crossed atomic.Int64
			join(t, s, r, 0, wire.LaneRelay, func(_ int, rec []byte) [][]byte {
				crossed.Add(int64(len(rec)))
				return [][]byte{rec}
			})
			dest := &memoryDestination{}
			o := &outcome{sender: newLog(), receiver: newLog()}
			var wg sync.WaitGroup
			wg.Go(func() {
				o.sent, o.sendErr = transfer.Send(t.Context(), s, &memorySource{files: sent, streams: map[string]bool{"stream": true}}, transfer.SendOptions{
					Observer: o.sender, Progress: &o.sendProg, Pause: &o.sendPause, Offered: func(wire.Offer) {}, Compress: mode,
				})
				_ = s.Close()
			})
			wg.Go(func() {
				o.received, o.receiveErr = transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
					Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
					Observer: o.receiver, Progress: &o.receivProg, Pause: &o.receivePause,
				})
				_ = r.Close()
			})
			wg.Wait()
			if o.sendErr != nil || o.receiveErr != nil {
				t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
			}
			check(t, dest, sent)
			sizes[mode] = crossed.Load()
		})
	}
	if saved := sizes[transfer.CompressOff] - sizes[transfer.CompressOn]; saved < 7*mib {
		t.Errorf("%d bytes were saved of %d", saved, sizes[transfer.CompressOff])
	}
}

// A receiver that does not know of compression gets plain segments, and one that was not
// asked takes no others.
func TestCompressionIsAgreedOn(t *testing.T) {
	for _, expands := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, r := sessions(t)
			join(t, s, r, 0, wire.LaneRelay, nil)
			var compressed, plain atomic.Int64
			r.HandleData(func(_ wire.Lanes, plaintext []byte) error {
				seg, _, err := wire.NextSegment(plaintext)
				if err != nil {
					t.Error(err)
				}
				if seg.Compressed {
					compressed.Add(1)
				} else {
					plain.Add(1)
				}
				return nil
			})
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = transfer.Send(t.Context(), s, &memorySource{files: map[string][]byte{"f": bytes.Repeat([]byte("x"), mib+5)}}, transfer.SendOptions{
					Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {}, Compress: transfer.CompressOn,
				})
			}()
			p := &player{t: t, link: r}
			if o, err := wire.ParseOffer(p.await(wire.TypeOffer)); err != nil || !o.Compresses {
				t.Errorf("the offer asks %v, %v", o.Compresses, err)
			}
			p.say(wire.Accept{Expands: expands})
			p.await(wire.TypeManifest)
			p.say(wire.Want{})
			time.Sleep(10 * time.Second) // a relayed lane waits for a better one
			synctest.Wait()
			if (compressed.Load() > 0) != expands || (plain.Load() > 1) == expands {
				t.Errorf("expands %v: %d compressed segments, %d plain", expands, compressed.Load(), plain.Load())
			}
			_ = r.Close()
			_ = s.Close()
			<-ended
		})
	}
}
