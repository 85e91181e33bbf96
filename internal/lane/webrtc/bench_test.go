//go:build !js

package webrtc_test

import (
	"io"
	"testing"

	pion "github.com/pion/webrtc/v4"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
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
