package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	zeebo "github.com/zeebo/blake3"
	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/session/sessiontest"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const mib = wire.BlockSize

// data is n bytes that look like no others.
func data(seed, n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = rng.Read(b)
	return b
}

// tree is files of all sizes that are treated differently, and many small ones.
func tree() map[string][]byte {
	files := make(map[string][]byte)
	for i, n := range []int{0, 1, 24<<10 - 1, 24 << 10, 24<<10 + 1, wire.MaxSegment, wire.MaxSegment + 1, mib - 1, mib, mib + 1, 3*mib + 77} {
		files[fmt.Sprintf("size-%d", n)] = data(i, n)
	}
	for i := range 3000 {
		files[fmt.Sprintf("small/%04d", i)] = data(1000+i, i%700)
	}
	return files
}

// rootOf is the hash over files that are all in place.
func rootOf(sent map[string][]byte) files.Hash {
	var set blockhash.FileSet
	for path, b := range sent {
		set.Add(path, zeebo.Sum256(b))
	}
	root, _ := set.Root()
	return root
}

func TestEverySizeArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		files, dest := tree(), &memoryDestination{}
		o := run(t, t.Context(), s, r, &memorySource{files: files, reads: true}, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, files)
		var bytes int64
		for path, b := range files {
			bytes += int64(len(b))
			if want := zeebo.Sum256(b); o.receiver.done[path] != want || o.sender.done[path] != want {
				t.Errorf("%s: the hashes told are not its BLAKE3", path)
			}
		}
		want := transfer.Result{Files: int64(len(files)), Bytes: bytes, Root: rootOf(files)}
		if o.sent != want || o.received != want {
			t.Errorf("results: %+v and %+v, want %+v", o.sent, o.received, want)
		}
		if o.sendProg.SentTotal() != bytes || o.sendProg.Bytes.Load() != bytes || o.receivProg.Bytes.Load() != bytes {
			t.Errorf("sent %d, progress %d and %d, want %d", o.sendProg.SentTotal(), o.sendProg.Bytes.Load(), o.receivProg.Bytes.Load(), bytes)
		}
		if !dest.finished {
			t.Error("the destination was not finished")
		}
	})
}

func TestStream(t *testing.T) {
	for _, n := range []int{0, 1, mib - 1, mib, mib + 1, 5*mib + 3} {
		synctest.Test(t, func(t *testing.T) {
			s, r := sessions(t)
			join(t, s, r, 0, wire.LaneRelay, nil)
			files, dest := map[string][]byte{"stdin": data(n, n)}, &memoryDestination{}
			o := run(t, t.Context(), s, r, &memorySource{files: files, streams: map[string]bool{"stdin": true}}, dest)
			if o.sendErr != nil || o.receiveErr != nil {
				t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
			}
			check(t, dest, files)
		})
	}
}

// Only what is missing or different crosses.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		big := data(1, 10*mib+500)
		old := append([]byte(nil), big...)
		old[4*mib+3] ^= 1 // the source has changed here since
		files := map[string][]byte{"big": big, "small": data(2, 900), "new": data(3, 900)}
		dest := &memoryDestination{
			had:     map[string][]byte{"big": old, "small": files["small"]},
			hadHole: map[string]map[uint32]bool{"big": {7: true}},
		}
		o := run(t, t.Context(), s, r, &memorySource{files: files}, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, files)
		if got, want := o.sendProg.SentTotal(), int64(2*mib+900); got != want {
			t.Errorf("%d bytes crossed, want %d", got, want)
		}
		if got, want := o.receivProg.Bytes.Load(), int64(10*mib+500+1800); got != want {
			t.Errorf("progress ends at %d, want %d", got, want)
		}
		for side, p := range map[string]*transfer.Progress{"sender": &o.sendProg, "receiver": &o.receivProg} {
			if got, want := p.There.Load(), int64(8*mib+500+900); got != want {
				t.Errorf("the %s counts %d bytes that were there, want %d", side, got, want)
			}
		}
		if want := rootOf(files); o.sent.Root != want || o.received.Root != want {
			t.Errorf("roots %x and %x, want %x", o.sent.Root, o.received.Root, want)
		}
	})
}

// One bad file does not stop the others, and both sides know of it.
func TestBadFilesAreLeftOut(t *testing.T) {
	t.Run("opened", func(t *testing.T) { testBadFiles(t, false) })
	t.Run("read at once", func(t *testing.T) { testBadFiles(t, true) })
}

func testBadFiles(t *testing.T, reads bool) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		files := map[string][]byte{
			"good": data(1, 3*mib), "changed": data(2, 2*mib), "changed-small": data(3, 10),
			"broken": data(4, 100), "short": data(5, 2*mib+9), "short-small": data(6, 90), "refused": data(7, 5000),
		}
		src := &memorySource{
			files: files, omitted: []string{"a-socket"},
			changed: map[string]bool{"changed": true, "changed-small": true},
			short:   map[string]bool{"short": true, "short-small": true},
			broken:  map[string]error{"broken": errors.New("permission denied")},
			reads:   reads,
		}
		dest := &memoryDestination{refuse: map[string]string{"refused": "exists already"}}
		o := run(t, t.Context(), s, r, src, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, map[string][]byte{"good": files["good"]})
		want := transfer.Result{Files: 1, Bytes: 3 * mib, Failed: 6, Omitted: 1, Root: zeebo.Sum256(files["good"])}
		if o.sent != want || o.received != want {
			t.Errorf("results: %+v and %+v, want %+v", o.sent, o.received, want)
		}
		for _, path := range []string{"changed", "changed-small", "broken", "short", "short-small", "refused"} {
			if o.sender.failed[path] == "" || o.receiver.failed[path] == "" {
				t.Errorf("%s: the sender says %q, the receiver %q", path, o.sender.failed[path], o.receiver.failed[path])
			}
		}
		if o.sender.failed["a-socket"] == "" {
			t.Error("nothing is said of the entry that cannot be sent")
		}
	})
}

// Lanes that die give back what they had, and another one carries it.
func TestLanesDieUnderData(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			s, r := sessions(t)
			join(t, s, r, 0, wire.LaneRelay, nil)
			for id := uint32(1); id <= 4; id++ {
				last := rng.IntN(300)
				var cut *sessiontest.Carrier
				cut = join(t, s, r, id, wire.LaneWebRTC, func(n int, rec []byte) [][]byte {
					if n == last {
						cut.Cut()
					}
					return [][]byte{rec}
				})
			}
			files, dest := tree(), &memoryDestination{}
			o := run(t, t.Context(), s, r, &memorySource{files: files}, dest)
			if o.sendErr != nil || o.receiveErr != nil {
				t.Fatalf("seed %d: sender: %v, receiver: %v", seed, o.sendErr, o.receiveErr)
			}
			check(t, dest, files)
		})
	}
}

// What a lane in standby has taken and does not deliver goes to another lane, long before
// the lane counts as dead.
func TestLaneIsWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		isData := func(rec []byte) bool { return wire.RecordKind(rec[0]) == wire.RecordData }
		var stuck atomic.Int64
		join(t, s, r, 1, wire.LaneWebRTC, func(_ int, rec []byte) [][]byte {
			if isData(rec) {
				stuck.Add(1)
				return nil // taken, and never delivered
			}
			return [][]byte{rec}
		})
		join(t, s, r, 2, wire.LaneWebRTC, nil)
		began := time.Now()
		time.AfterFunc(time.Second, func() { s.Lane(1).SetStandby(true) })
		files, dest := tree(), &memoryDestination{}
		o := run(t, t.Context(), s, r, &memorySource{files: files}, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, files)
		if stuck.Load() == 0 {
			t.Error("the lane that does not deliver was given nothing")
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestNoLaneIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		var cut *sessiontest.Carrier
		cut = join(t, s, r, 0, wire.LaneRelay, func(n int, rec []byte) [][]byte {
			if n == 60 {
				cut.Cut()
			}
			return [][]byte{rec}
		})
		dest := &memoryDestination{}
		o := run(t, t.Context(), s, r, &memorySource{files: map[string][]byte{"big": data(1, 9*mib)}}, dest)
		if o.sendErr == nil || o.receiveErr == nil {
			t.Errorf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, nil)
	})
}

// The cause with which a program cancels a transfer is its own: the peer is told
// that the transfer was cancelled, not that there was a bug.
func TestCancelEndsBothSides(t *testing.T) {
	for name, cause := range map[string]error{"sender": nil, "receiver": nil, "sender, with a cause": errors.New("own"), "receiver, with a cause": errors.New("own")} {
		side, _, _ := strings.Cut(name, ",")
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				join(t, s, r, 0, wire.LaneRelay, nil)
				ctx, cancel := context.WithCancelCause(t.Context())
				sendCtx, receiveCtx := ctx, t.Context()
				if side == "receiver" {
					sendCtx, receiveCtx = receiveCtx, sendCtx
				}
				dest := &memoryDestination{}
				errs := make(chan error, 2)
				prog := &transfer.Progress{}
				go func() {
					_, err := transfer.Send(sendCtx, s, &slowSource{}, transfer.SendOptions{Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {}})
					errs <- err
					_ = s.Close()
				}()
				go func() {
					_, err := transfer.Receive(receiveCtx, r, transfer.ReceiveOptions{
						Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
						Observer: newLog(), Progress: prog, Pause: &transfer.Pause{},
					})
					errs <- err
					_ = r.Close()
				}()
				time.Sleep(10 * time.Second) // of the bubble's clock
				if prog.Bytes.Load() == 0 {
					t.Error("nothing was under way")
				}
				began := time.Now()
				cancel(cause)
				var canceled, told int
				for range 2 {
					var c *transfer.CancelledError
					switch err := <-errs; {
					case errors.Is(err, context.Cause(ctx)):
						canceled++
					case errors.As(err, &c) && c.Reason == wire.ReasonCancelled:
						told++
					default:
						t.Errorf("ended with %v", err)
					}
				}
				if canceled != 1 || told != 1 {
					t.Errorf("%d cancelled, %d told", canceled, told)
				}
				if d := time.Since(began); d > 2*time.Second {
					t.Errorf("it took %v", d)
				}
				check(t, dest, nil)
			})
		})
	}
}

// slowSource is one stream that gives a block a second.
type slowSource struct{ memorySource }

func (s *slowSource) Walk(_ context.Context, yield func(files.Item) error) error {
	return yield(files.Item{Entry: files.Entry{Kind: files.KindStream, Path: "slow"}, Open: func() (files.SourceFile, error) {
		return &slowFile{}, nil
	}})
}

type slowFile struct{ endless }

func (f *slowFile) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(time.Second)
	return f.endless.ReadAt(p, off)
}

func TestDeclineAndVerify(t *testing.T) {
	for name, refusal := range map[string]error{"declined": transfer.ErrRefused, "verify": transfer.ErrVerify} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				join(t, s, r, 0, wire.LaneRelay, nil)
				sent := make(chan error, 1)
				go func() {
					_, err := transfer.Send(t.Context(), s, &memorySource{files: tree()}, transfer.SendOptions{Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {}})
					sent <- err
					_ = s.Close()
				}()
				_, err := transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
					Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return nil, refusal },
					Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
				})
				_ = r.Close()
				if !errors.Is(err, refusal) {
					t.Errorf("the receiver ends with %v", err)
				}
				err = <-sent
				var declined *transfer.DeclinedError
				var cancelled *transfer.CancelledError
				if refusal == transfer.ErrRefused && !errors.As(err, &declined) {
					t.Errorf("the sender ends with %v", err)
				}
				if refusal == transfer.ErrVerify && (!errors.As(err, &cancelled) || cancelled.Reason != wire.ReasonVerify) {
					t.Errorf("the sender ends with %v", err)
				}
			})
		})
	}
}

// A disk that fails ends the transfer on both sides, and nothing is committed
// of the file.
func TestDiskFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		dest := &memoryDestination{fail: map[string]error{"b": errors.New("no space left on device")}}
		o := run(t, t.Context(), s, r, &memorySource{files: map[string][]byte{"a": data(1, 10), "b": data(2, 5*mib)}}, dest)
		var disk *transfer.DiskError
		var cancelled *transfer.CancelledError
		if !errors.As(o.receiveErr, &disk) || !errors.As(o.sendErr, &cancelled) || cancelled.Reason != wire.ReasonIO {
			t.Errorf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		if _, ok := dest.committed["b"]; ok {
			t.Error("a file that could not be written was committed")
		}
	})
}

// A receiver that takes nothing makes the sender stop reading: memory is
// bounded by the window.
func TestWindowBoundsTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		r.HandleData(func(wire.Lanes, []byte) error { return nil }) // and no acknowledgement
		file := &endless{}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = transfer.Send(ctx, s, &oneFile{file: file}, transfer.SendOptions{Observer: newLog(), Progress: &transfer.Progress{}, Pause: &transfer.Pause{}, Offered: func(wire.Offer) {}})
		}()
		for {
			m, err := r.Receive(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if typ, _ := wire.TypeOf(m); typ == wire.TypeManifest {
				break
			}
		}
		if err := r.Send(ctx, wire.Want{Page: 0}.Append(nil)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble's clock
		if n := file.read.Load(); n != 32*mib {
			t.Errorf("%d bytes were read ahead of the acknowledgements, want %d", n, 32*mib)
		}
		cancel()
		<-ended
	})
}

// oneFile is a huge file.
type oneFile struct {
	memorySource
	file files.SourceFile
}

func (s *oneFile) Walk(_ context.Context, yield func(files.Item) error) error {
	return yield(files.Item{
		Entry: files.Entry{Kind: files.KindFile, Path: "huge", Size: 1 << 40},
		Open:  func() (files.SourceFile, error) { return s.file, nil },
	})
}

// Either side can hold the data back; both are told; and it goes on when the
// last of them lets go.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		dest := &memoryDestination{}
		var sender, receiver transfer.Pause
		var prog transfer.Progress
		logS, logR := newLog(), newLog()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{}, 2)
		go func() {
			_, _ = transfer.Send(ctx, s, &slowSource{}, transfer.SendOptions{Observer: logS, Progress: &transfer.Progress{}, Pause: &sender, Offered: func(wire.Offer) {}})
			ended <- struct{}{}
		}()
		go func() {
			_, _ = transfer.Receive(ctx, r, transfer.ReceiveOptions{
				Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
				Observer: logR, Progress: &prog, Pause: &receiver,
			})
			ended <- struct{}{}
		}()
		moves := func(want bool) {
			t.Helper()
			time.Sleep(2 * time.Second) // of the bubble's clock: what is under way arrives
			before := prog.Bytes.Load()
			time.Sleep(20 * time.Second)
			if moved := prog.Bytes.Load() > before; moved != want {
				t.Errorf("data flows: %v, want %v", moved, want)
			}
			if sender.Paused() == want || receiver.Paused() == want {
				t.Errorf("paused: %v and %v", sender.Paused(), receiver.Paused())
			}
		}
		moves(true)
		receiver.Set(true)
		moves(false)
		sender.Set(true)
		moves(false)
		receiver.Set(false)
		moves(false)
		sender.Set(false)
		moves(true)
		cancel()
		<-ended
		<-ended
		for _, l := range []*log{logS, logR} {
			if fmt.Sprint(l.paused) != "[true false]" {
				t.Errorf("told: %v", l.paused)
			}
		}
	})
}

// A disk that takes a minute a block is told as that on both sides.
func TestStallIsDiagnosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		dest := &memoryDestination{slow: time.Minute}
		files := map[string][]byte{"big": data(1, 5*mib)}
		o := run(t, t.Context(), s, r, &memorySource{files: files}, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, files)
		if !slices.Contains(o.sender.stalls, string(transfer.StallPeerDisk)) || !slices.Contains(o.receiver.stalls, string(transfer.StallLocalDisk)) {
			t.Errorf("the sender says %q, the receiver %q", o.sender.stalls, o.receiver.stalls)
		}
	})
}

// A destination that refuses a large file in the middle of it loses that file
// alone: the sender stops reading it, and its window is not used up.
func TestRefusalInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		files := map[string][]byte{"a": data(1, 70*mib), "b": data(2, 3*mib), "c": data(3, 20)}
		dest := &memoryDestination{fail: map[string]error{"a": refusal("it is there already, and different")}}
		o := run(t, t.Context(), s, r, &memorySource{files: files}, dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, map[string][]byte{"b": files["b"], "c": files["c"]})
		if o.sent.Failed != 1 || o.received.Failed != 1 {
			t.Errorf("results: %+v and %+v", o.sent, o.received)
		}
	})
}
