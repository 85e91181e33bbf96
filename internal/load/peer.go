package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// answerTime is how long a peer waits for anything.
const answerTime = 60 * time.Second

// source returns one of many addresses of this machine, from which connections can
// be made on Linux; elsewhere there is only one.
func source(i int) *net.TCPAddr {
	if !manySources {
		return nil
	}
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+i/250/250%200), byte(1+i/250%250), byte(1+i%250))}
}

// peer is one end of a room.
type peer struct{ conn *websocket.Conn }

// link is how peers of one address reach the relay.
type link struct {
	relay  string
	dialer net.Dialer
}

func newLink(relay string, from int) link {
	l := link{relay: relay}
	if addr := source(from); addr != nil {
		l.dialer.LocalAddr = addr
	}
	return l
}

// open opens a room, and says how long that took.
func (l link) open(ctx context.Context, nonce byte) (wire.OpenReply, time.Duration, error) {
	request := wire.OpenRequest{Nonce: [16]byte{nonce}}
	transport := &http.Transport{DialContext: l.dialer.DialContext, DisableKeepAlives: true}
	client := http.Client{Transport: transport, Timeout: answerTime}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.relay+"/api/session", bytes.NewReader(request.Append(nil)))
	if err != nil {
		return wire.OpenReply{}, 0, err
	}
	begin := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return wire.OpenReply{}, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxRoomBody))
	took := time.Since(begin)
	if err != nil {
		return wire.OpenReply{}, 0, err
	}
	if resp.StatusCode != http.StatusCreated {
		return wire.OpenReply{}, 0, fmt.Errorf("no room: %s: %s", resp.Status, body)
	}
	reply, err := wire.ParseOpenReply(body)
	return reply, took, err
}

// join joins a room and waits for the welcome.
func (l link) join(ctx context.Context, join wire.RoomJoin) (*peer, error) {
	dialer := websocket.Dialer{
		NetDialContext: l.dialer.DialContext, HandshakeTimeout: answerTime,
		ReadBufferSize: 1 << 10, WriteBufferPool: &sync.Pool{}, WriteBufferSize: wire.MaxRoomFrame,
	}
	conn, resp, err := dialer.DialContext(ctx, "ws://"+l.relay+"/ws", http.Header{"Authorization": {join.Authorization()}})
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, err
	}
	p := &peer{conn}
	frame, err := p.read()
	if err == nil && wire.RoomKind(frame[0]) != wire.RoomWelcomeKind {
		refused, _ := wire.ParseRoomError(frame)
		err = fmt.Errorf("no welcome, but %x (%v)", frame[:min(len(frame), 8)], refused.Code)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return p, nil
}

// read reads a frame that comes within answerTime.
func (p *peer) read() ([]byte, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(answerTime))
	kind, frame, err := p.conn.ReadMessage()
	switch {
	case err != nil:
		return nil, err
	case kind != websocket.BinaryMessage || len(frame) == 0:
		return nil, errors.New("no frame")
	}
	return frame, nil
}

func (p *peer) forward(payload []byte) error {
	w, err := p.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte{byte(wire.RoomForwardKind)}); err != nil {
		return err
	}
	if _, err := w.Write(payload); err != nil {
		return err
	}
	return w.Close()
}

// room is a room with both its peers.
type room struct{ sender, receiver *peer }

// newRoom opens a room and lets both peers join it. It burns the code, as a
// handshake does.
func (l link) newRoom(ctx context.Context) (*room, time.Duration, error) {
	reply, took, err := l.open(ctx, 1)
	if err != nil {
		return nil, 0, err
	}
	r := &room{}
	if r.sender, err = l.join(ctx, wire.RoomJoin{Role: wire.RoomSender, Nameplate: reply.Nameplate, Ticket: reply.Ticket}); err != nil {
		return nil, 0, fmt.Errorf("sender: %w", err)
	}
	if r.receiver, err = l.join(ctx, wire.RoomJoin{Role: wire.RoomReceiver, Nameplate: reply.Nameplate}); err != nil {
		r.close()
		return nil, 0, fmt.Errorf("receiver: %w", err)
	}
	if _, err = r.sender.read(); err == nil { // joined
		err = r.receiver.forward([]byte("M1"))
	}
	if err == nil {
		_, err = r.sender.read()
	}
	if err == nil {
		err = r.sender.conn.WriteMessage(websocket.BinaryMessage, []byte{byte(wire.RoomBurnKind)})
	}
	if err != nil {
		r.close()
		return nil, 0, err
	}
	return r, took, nil
}

func (r *room) close() {
	for _, p := range []*peer{r.sender, r.receiver} {
		if p != nil {
			_ = p.conn.Close()
		}
	}
}
