//go:build !js

package webrtc_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	pion "github.com/pion/webrtc/v4"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The benchmarks of this file have both ends in one process, on the loopback
// interface: what they measure is processor time.

// BenchmarkDefaultDataChannel is one data channel with everything as pion has
// it and messages of 64 KiB, for comparison.
func BenchmarkDefaultDataChannel(b *testing.B) {
	var engine pion.SettingEngine
	engine.DetachDataChannels()
	engine.SetIncludeLoopbackCandidate(true)
	api := pion.NewAPI(pion.WithSettingEngine(engine))
	var ends [2]*pion.PeerConnection
	for i := range ends {
		pc, err := api.NewPeerConnection(pion.Configuration{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = pc.GracefulClose() }()
		ends[i] = pc
	}
	opened := make(chan io.ReadWriteCloser, 1)
	ends[1].OnDataChannel(func(dc *pion.DataChannel) {
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
func introduce(b *testing.B, offering, answering *pion.PeerConnection) {
	b.Helper()
	describe := func(make func() (pion.SessionDescription, error), from, to *pion.PeerConnection) {
		d, err := make()
		if err != nil {
			b.Fatal(err)
		}
		gathered := pion.GatheringCompletePromise(from)
		if err := from.SetLocalDescription(d); err != nil {
			b.Fatal(err)
		}
		<-gathered
		if err := to.SetRemoteDescription(*from.LocalDescription()); err != nil {
			b.Fatal(err)
		}
	}
	describe(func() (pion.SessionDescription, error) { return offering.CreateOffer(nil) }, offering, answering)
	describe(func() (pion.SessionDescription, error) { return answering.CreateAnswer(nil) }, answering, offering)
}

// BenchmarkDataChannel is this package's data channel.
func BenchmarkDataChannel(b *testing.B) {
	x, y := connect(b, nil, unchanged)
	lanetest.Bench(b, []lane.Carrier{x}, []lane.Carrier{y})
}

// BenchmarkAssociations are several associations beside one data channel.
func BenchmarkAssociations(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			from, to := associations(b, n)
			lanetest.Bench(b, from, to)
		})
	}
}

// associations makes n associations over one connection.
func associations(tb testing.TB, n int) (dialed, accepted []lane.Carrier) {
	tb.Helper()
	x, y := connect(tb, nil, unchanged)
	return associate(tb, x.(*webrtc.Conn), y.(*webrtc.Conn), n)
}

// associate makes n associations over a connection.
func associate(tb testing.TB, x, y *webrtc.Conn, n int) (dialed, accepted []lane.Carrier) {
	tb.Helper()
	type pair struct {
		carrier lane.Carrier
		id      uint32
	}
	came := make(chan pair, n)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		y.AcceptAssociations(tb.Context(), func(a *webrtc.Association, id uint32) {
			tb.Cleanup(func() { _ = a.Close() })
			came <- pair{a, id}
		})
	})
	tb.Cleanup(func() {
		_ = y.Close()
		accepting.Wait()
	})
	ctx, cancel := context.WithTimeout(tb.Context(), lanetest.Timeout)
	defer cancel()
	accepted = make([]lane.Carrier, n)
	for i := range n {
		a, err := x.DialAssociation(ctx, uint32(i+1))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = a.Close() })
		dialed = append(dialed, a)
	}
	for range n {
		select {
		case p := <-came:
			accepted[p.id-1] = p.carrier
		case <-ctx.Done():
			tb.Fatal("an association was not accepted")
		}
	}
	return dialed, accepted
}
