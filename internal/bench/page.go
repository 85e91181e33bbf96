package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/pion/webrtc/v4"
)

// channelPageHTML is the other end of channelPage.
//
//go:embed page.html
var channelPageHTML []byte

// pageMaxMessage is the longest message that Chromium sends or takes.
const pageMaxMessage = 256 << 10

// channelPage is a server with a page that measures one data channel between the
// browser that has opened it and pion, without anything of tallow. Its process runs
// until it is ended. web/test/figures.js opens the page.
func channelPage(ctx context.Context, _ []string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(channelPageHTML)
	})
	mux.HandleFunc("POST /{way}/{bytes}/{message}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := answerPage(ctx, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	server := &http.Server{Handler: mux}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	writeEvent(os.Stdout, event{Event: "listening", Addr: listener.Addr().String()})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// measurement is what the path of a request asks for.
type measurement struct {
	down    bool // to the page
	bytes   int64
	message int // bytes of a message
}

func parseMeasurement(r *http.Request) (m measurement, err error) {
	m.down = r.PathValue("way") == "down"
	if m.bytes, err = strconv.ParseInt(r.PathValue("bytes"), 10, 64); err != nil {
		return m, err
	}
	if m.message, err = strconv.Atoi(r.PathValue("message")); err != nil {
		return m, err
	}
	if m.bytes <= 0 || m.message <= 0 || m.message > pageMaxMessage {
		return m, errors.New("these sizes cannot be measured")
	}
	return m, nil
}

// answerPage makes a connection for one measurement, which ends with its channel.
func answerPage(ctx context.Context, r *http.Request) (*webrtc.SessionDescription, error) {
	m, err := parseMeasurement(r)
	if err != nil {
		return nil, err
	}
	var offer webrtc.SessionDescription
	if err := json.NewDecoder(r.Body).Decode(&offer); err != nil {
		return nil, err
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetSCTPMaxMessageSize(pageMaxMessage)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = pc.Close() })
	failed := failure(pc)
	pc.OnDataChannel(func(dc *webrtc.DataChannel) { m.serve(ctx, pc, dc, failed) })
	if err := answerOffer(ctx, pc, offer, failed); err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	return pc.LocalDescription(), nil
}

// answerOffer sets the answer as the local description, with all candidates.
func answerOffer(ctx context.Context, pc *webrtc.PeerConnection, offer webrtc.SessionDescription, failed <-chan struct{}) error {
	if err := pc.SetRemoteDescription(offer); err != nil {
		return err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return err
	}
	return await(ctx, gathered, failed)
}

func (m measurement) serve(ctx context.Context, pc *webrtc.PeerConnection, dc *webrtc.DataChannel, failed <-chan struct{}) {
	dc.OnClose(func() { _ = pc.Close() }) // the page has what it wants
	if m.down {
		dc.OnOpen(func() { go sendAll(ctx, dc, m.bytes, m.message, failed) })
		return
	}
	left := m.bytes
	dc.OnMessage(func(message webrtc.DataChannelMessage) {
		if left -= int64(len(message.Data)); left == 0 {
			_ = dc.Send([]byte{1}) // the page waits for it
		}
	})
}

// sendAll sends messages as fast as the channel takes them.
func sendAll(ctx context.Context, dc *webrtc.DataChannel, size int64, message int, failed <-chan struct{}) {
	drained := make(chan struct{}, 1)
	dc.SetBufferedAmountLowThreshold(channelLow)
	dc.OnBufferedAmountLow(func() { token(drained) })
	for buf := make([]byte, message); size > 0; {
		n := min(size, int64(message))
		if dc.Send(buf[:n]) != nil {
			return // the page sees that its channel is closed
		}
		size -= n
		for dc.BufferedAmount() > channelHigh {
			if await(ctx, drained, failed) != nil {
				return
			}
		}
	}
}
