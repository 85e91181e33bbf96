package lane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// connect runs the negotiation of RFC 8829 with trickled candidates (RFC 8838).
func (w *WebRTC) connect(ctx context.Context, o WebRTCOptions) error {
	opened := make(chan error, 1)
	if err := w.listen(opened); err != nil {
		return err
	}
	candidates := make(chan webrtc.ICECandidateInit, maxCandidates)
	w.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return // the end of candidates needs no signal: ICE times out by itself
		}
		select {
		case candidates <- c.ToJSON():
		default: // more addresses than anybody tries
		}
	})
	if o.Offer {
		if err := w.describe(ctx, o, wire.SignalOffer); err != nil {
			return err
		}
	}
	var early []webrtc.ICECandidateInit // that came before the description they belong to
	for {
		select {
		case err := <-opened:
			return err
		case <-w.gone:
			return errors.New("no direct path was found (ICE failed)")
		case <-ctx.Done():
			return ctx.Err()
		case c := <-candidates:
			body, err := json.Marshal(c)
			if err != nil {
				return fmt.Errorf("describe a candidate: %w", err)
			}
			if err := o.Send(ctx, wire.SignalCandidate, string(body)); err != nil {
				return err
			}
		case sig, ok := <-o.Signals:
			if !ok {
				return errors.New("the other side is gone")
			}
			if err := w.signal(ctx, o, sig, &early); err != nil {
				return err
			}
		}
	}
}

// listen makes the data channel, which both sides know beforehand, and has its
// opening and the end of the connection told.
func (w *WebRTC) listen(opened chan<- error) error {
	negotiated, ordered, id := true, true, uint16(0)
	dc, err := w.pc.CreateDataChannel("tallow", &webrtc.DataChannelInit{Negotiated: &negotiated, Ordered: &ordered, ID: &id})
	if err != nil {
		return fmt.Errorf("create a data channel: %w", err)
	}
	w.dc = dc
	dc.SetBufferedAmountLowThreshold(sendLow)
	dc.OnBufferedAmountLow(func() {
		select {
		case w.drained <- struct{}{}:
		default:
		}
	})
	dc.OnOpen(func() {
		raw, err := dc.DetachWithDeadline()
		w.raw = raw
		opened <- err
	})
	w.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			w.once.Do(func() { close(w.gone) })
		}
	})
	return nil
}

// describe makes this side's offer or answer, sends it and starts to gather
// candidates.
func (w *WebRTC) describe(ctx context.Context, o WebRTCOptions, kind wire.SignalKind) error {
	var d webrtc.SessionDescription
	var err error
	if kind == wire.SignalOffer {
		d, err = w.pc.CreateOffer(nil)
	} else {
		d, err = w.pc.CreateAnswer(nil)
	}
	if err == nil {
		err = w.pc.SetLocalDescription(d)
	}
	if err != nil {
		return fmt.Errorf("describe the connection: %w", err)
	}
	return o.Send(ctx, kind, appendTrunkKey(d.SDP, w.key))
}

// signal takes in one signal of the other side.
func (w *WebRTC) signal(ctx context.Context, o WebRTCOptions, sig wire.Signal, early *[]webrtc.ICECandidateInit) error {
	switch sig.Kind {
	case wire.SignalFailed:
		return fmt.Errorf("the other side gave this lane up: %s", sig.Body)
	case wire.SignalCandidate:
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(sig.Body), &c); err != nil {
			return fmt.Errorf("%w: an ICE candidate", wire.ErrMalformed)
		}
		if w.pc.RemoteDescription() == nil && len(*early) < maxCandidates {
			*early = append(*early, c)
			return nil
		}
		_ = w.pc.AddICECandidate(c) // one that this side cannot use is no reason to give up
		return nil
	}
	kind := webrtc.SDPTypeOffer
	if sig.Kind == wire.SignalAnswer {
		kind = webrtc.SDPTypeAnswer
	}
	if (kind == webrtc.SDPTypeAnswer) != o.Offer {
		return fmt.Errorf("%w: an unexpected session description", wire.ErrMalformed)
	}
	if err := w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sig.Body}); err != nil {
		return fmt.Errorf("use the other side's description: %w", err)
	}
	if err := w.startTrunk(sig.Body); err != nil {
		return err
	}
	for _, c := range *early {
		_ = w.pc.AddICECandidate(c)
	}
	*early = nil
	if !o.Offer {
		return w.describe(ctx, o, wire.SignalAnswer)
	}
	return nil
}
