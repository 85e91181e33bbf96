package lane_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The benchmarks of this file have both ends in one process, on the loopback
// interface: what they measure is processor time.

// BenchmarkDefaultDataChannel is one data channel with everything as pion has
// it and messages of 64 KiB, for comparison.
func BenchmarkDefaultDataChannel(b *testing.B) {
	var engine webrtc.SettingEngine
	engine.DetachDataChannels()
	engine.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine))
	var ends [2]*webrtc.PeerConnection
	for i := range ends {
		pc, err := api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = pc.GracefulClose() }()
		ends[i] = pc
	}
	opened := make(chan io.ReadWriteCloser, 1)
	ends[1].OnDataChannel(func(dc *webrtc.DataChannel) {
		dc.OnOpen(func() {
			raw, err := dc.Detach()
			if err != nil {
				b.Error(err)
			}
			opened <- raw
		})
	})
	dc, err := ends[0].CreateDataChannel("bench", nil)
	if err != nil {
		b.Fatal(err)
	}
	ready, drained := make(chan io.ReadWriteCloser, 1), make(chan struct{}, 1)
	dc.SetBufferedAmountLowThreshold(1 << 20)
	dc.OnBufferedAmountLow(func() {
		select {
		case drained <- struct{}{}:
		default:
		}
	})
	dc.OnOpen(func() {
		raw, err := dc.Detach()
		if err != nil {
			b.Error(err)
		}
		ready <- raw
	})
	introduce(b, ends[0], ends[1])
	out, in := <-ready, <-opened
	read := make(chan error, 1)
	b.SetBytes(wire.MaxRecord)
	b.ResetTimer()
	go func() {
		buf := make([]byte, wire.ReadBuffer)
		for range b.N {
			if _, err := in.Read(buf); err != nil {
				read <- err
				return
			}
		}
		read <- nil
	}()
	message := make([]byte, wire.MaxRecord)
	for range b.N {
		for dc.BufferedAmount() > 2<<20 {
			<-drained
		}
		if _, err := out.Write(message); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-read; err != nil {
		b.Fatal(err)
	}
}

// introduce connects two connections of pion.
func introduce(b *testing.B, offering, answering *webrtc.PeerConnection) {
	b.Helper()
	describe := func(make func() (webrtc.SessionDescription, error), from, to *webrtc.PeerConnection) {
		d, err := make()
		if err != nil {
			b.Fatal(err)
		}
		gathered := webrtc.GatheringCompletePromise(from)
		if err := from.SetLocalDescription(d); err != nil {
			b.Fatal(err)
		}
		<-gathered
		if err := to.SetRemoteDescription(*from.LocalDescription()); err != nil {
			b.Fatal(err)
		}
	}
	describe(func() (webrtc.SessionDescription, error) { return offering.CreateOffer(nil) }, offering, answering)
	describe(func() (webrtc.SessionDescription, error) { return answering.CreateAnswer(nil) }, answering, offering)
}

// BenchmarkWebRTC is this package's data channel.
func BenchmarkWebRTC(b *testing.B) {
	x, y := connectWebRTC(b, nil, func(s mailbox) mailbox { return s })
	pour(b, []session.Carrier{x}, []session.Carrier{y})
}

// BenchmarkAssociations are several associations beside one data channel.
func BenchmarkAssociations(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			from, to := associations(b, n)
			pour(b, from, to)
		})
	}
}

// pour has b.N records go through the carriers.
func pour(b *testing.B, from, to []session.Carrier) {
	b.SetBytes(wire.MaxRecord)
	b.ResetTimer()
	var both sync.WaitGroup
	for i := range from {
		share := b.N / len(from)
		if i < b.N%len(from) {
			share++
		}
		both.Go(func() {
			rec := make([]byte, wire.MaxRecord)
			for range share {
				if err := from[i].WriteRecord(rec); err != nil {
					b.Error(err)
					return
				}
			}
		})
		both.Go(func() {
			buf := make([]byte, wire.ReadBuffer)
			for range share {
				if _, err := to[i].ReadRecord(buf); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	both.Wait()
}

// associations makes n associations over one connection.
func associations(tb testing.TB, n int) (dialled, accepted []session.Carrier) {
	tb.Helper()
	x, y := connectWebRTC(tb, nil, func(s mailbox) mailbox { return s })
	return widen(tb, x.(*lane.WebRTC), y.(*lane.WebRTC), n)
}

// widen makes n associations over a connection.
func widen(tb testing.TB, x, y *lane.WebRTC, n int) (dialled, accepted []session.Carrier) {
	tb.Helper()
	type pair struct {
		carrier session.Carrier
		id      uint32
	}
	came := make(chan pair, n)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		y.Accept(tb.Context(), func(a *lane.Association, id uint32) {
			tb.Cleanup(func() { _ = a.Close() })
			came <- pair{a, id}
		})
	})
	tb.Cleanup(func() {
		_ = y.Close()
		accepting.Wait()
	})
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	accepted = make([]session.Carrier, n)
	for i := range n {
		a, err := x.Dial(ctx, uint32(i+1))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = a.Close() })
		dialled = append(dialled, a)
	}
	for range n {
		select {
		case p := <-came:
			accepted[p.id-1] = p.carrier
		case <-ctx.Done():
			tb.Fatal("an association was not accepted")
		}
	}
	return dialled, accepted
}
