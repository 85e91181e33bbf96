package webrtc

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// A worker has no RTCPeerConnection. The page has one, with the data channel that
// PeerConnection describes, at the other end of a MessagePort:
//
//	to the page                         from the page
//	{do: "offer", id}                   {id, sdp} or {id, error}
//	{do: "answer", id}                  {id, sdp} or {id, error}
//	{do: "remote", id, type, sdp}       {id} or {id, error}
//	{do: "candidate", id, candidate}    {id} or {id, error}
//	Uint8Array: a record                ArrayBuffer: a record
//	{do: "close"}                       {sent, buffers}: how many bytes the channel has sent so far,
//	                                    and ArrayBuffers of records that it has taken
//	                                    {open: true}, or "relayed" if the path has a TURN server
//	                                    {candidate}, {ended}, {failed}
//
// A candidate is the JSON of an RTCIceCandidate.
// ArrayBuffers are transferred, not copied, and those of long records go back and
// forth: if each record had its own, a browser would collect 60 MB of them before
// it looks for garbage.
type pageConnection struct {
	port       js.Value
	handler    js.Func
	candidates chan Candidate
	opened     chan error
	relayed    atomic.Bool   // set before opened
	failed     chan struct{} // closed when the connection failed or was closed
	failOnce   sync.Once
	ended      chan struct{} // closed when the page has closed the channel
	endOnce    sync.Once
	closeOnce  sync.Once
	inbox      *promise.Inbox
	held       promise.Held
	sent       chan struct{} // a token when acknowledged has grown

	mu           sync.Mutex
	calls        map[int]chan js.Value
	lastCall     int
	written      int64      // bytes of records
	acknowledged int64      // of those, what the channel has sent
	spare        []js.Value // ArrayBuffers of wire.MaxRecord bytes
}

// pageSendHigh is how many bytes may be on their way to the page's channel or in
// its buffer. More than about 16 MB makes Chromium's stall.
const pageSendHigh = 2 << 20

const (
	shortRecord = 4 << 10                           // bytes; web/page/peer.js has it, too
	maxSpare    = 2 * pageSendHigh / wire.MaxRecord // more are never on their way
)

// errPage is a write on a connection that failed or was closed.
var errPage = errors.New("the direct connection broke")

// PageConfiguration returns a Configuration as the RTCConfiguration of a page.
func PageConfiguration(c Configuration) map[string]any {
	list := []any{}
	for _, s := range c.Servers {
		server := map[string]any{"urls": s.URL()}
		if s.IsTURN() {
			server["username"], server["credential"] = s.Username, s.Password
		}
		list = append(list, server)
	}
	policy := "all"
	if c.RelayOnly {
		policy = "relay"
	}
	return map[string]any{"iceServers": list, "iceTransportPolicy": policy}
}

// NewPageConnection returns the connection at the other end of a MessagePort.
func NewPageConnection(port js.Value) PeerConnection {
	p := &pageConnection{
		port: port, candidates: make(chan Candidate, maxCandidates), opened: make(chan error, 1),
		failed: make(chan struct{}), ended: make(chan struct{}), inbox: promise.NewInbox(), sent: make(chan struct{}, 1),
		calls: make(map[int]chan js.Value),
	}
	buffer := js.Global().Get("ArrayBuffer")
	p.handler = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if data := args[0].Get("data"); data.InstanceOf(buffer) {
			p.inbox.Put(data)
		} else {
			p.handle(data)
		}
		return nil
	})
	port.Set("onmessage", p.handler)
	return p
}

// handle takes a message of the page that is no record.
func (p *pageConnection) handle(m js.Value) {
	has := func(field string) bool { return !m.Get(field).IsUndefined() }
	switch {
	case has("id"):
		p.mu.Lock()
		reply := p.calls[m.Get("id").Int()]
		delete(p.calls, m.Get("id").Int())
		p.mu.Unlock()
		if reply != nil {
			reply <- m
		}
	case has("candidate"):
		c, err := parseCandidate(m.Get("candidate").String())
		if err != nil {
			return
		}
		select {
		case p.candidates <- c:
		default: // more addresses than the peer would try
		}
	case has("open"):
		p.relayed.Store(m.Get("open").Type() == js.TypeString)
		select {
		case p.opened <- nil:
		default:
		}
	case has("failed"):
		p.fail()
	case has("ended"):
		p.endOnce.Do(func() { close(p.ended) })
	case has("sent"):
		p.mu.Lock()
		p.acknowledged = int64(m.Get("sent").Float())
		p.takeBack(m.Get("buffers"))
		p.mu.Unlock()
		select {
		case p.sent <- struct{}{}:
		default:
		}
	}
}

// takeBack keeps ArrayBuffers for the next records. p.mu is held.
func (p *pageConnection) takeBack(buffers js.Value) {
	for i := range buffers.Length() {
		if len(p.spare) < maxSpare {
			p.spare = append(p.spare, buffers.Index(i))
		}
	}
}

// newRecord returns a Uint8Array of n bytes. The page gives back the ArrayBuffer of
// one that is longer than shortRecord.
func (p *pageConnection) newRecord(n int) js.Value {
	array := js.Global().Get("Uint8Array")
	if n <= shortRecord {
		return array.New(n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.spare) - 1
	if last < 0 {
		return array.New(js.Global().Get("ArrayBuffer").New(wire.MaxRecord), 0, n)
	}
	buffer := p.spare[last]
	p.spare = p.spare[:last]
	return array.New(buffer, 0, n)
}

func (p *pageConnection) fail() { p.failOnce.Do(func() { close(p.failed) }) }

// call sends a command and waits for the reply.
func (p *pageConnection) call(ctx context.Context, command string, fields map[string]any) (js.Value, error) {
	reply := make(chan js.Value, 1)
	p.mu.Lock()
	p.lastCall++
	id := p.lastCall
	p.calls[id] = reply
	p.mu.Unlock()
	fields["do"], fields["id"] = command, id
	p.port.Call("postMessage", fields)
	select {
	case m := <-reply:
		if why := m.Get("error"); !why.IsUndefined() {
			return m, errors.New(why.String())
		}
		return m, nil
	case <-p.failed:
		return js.Undefined(), errNoPath
	case <-ctx.Done():
		return js.Undefined(), context.Cause(ctx)
	}
}

func (p *pageConnection) describe(ctx context.Context, command string) (string, error) {
	m, err := p.call(ctx, command, map[string]any{})
	if err != nil {
		return "", err
	}
	return m.Get("sdp").String(), nil
}

// CreateOffer implements PeerConnection.
func (p *pageConnection) CreateOffer(ctx context.Context) (string, error) {
	return p.describe(ctx, "offer")
}

// CreateAnswer implements PeerConnection.
func (p *pageConnection) CreateAnswer(ctx context.Context) (string, error) {
	return p.describe(ctx, "answer")
}

func (p *pageConnection) setRemote(ctx context.Context, kind, sdp string) error {
	_, err := p.call(ctx, "remote", map[string]any{"type": kind, "sdp": sdp})
	return err
}

// SetOffer implements PeerConnection.
func (p *pageConnection) SetOffer(ctx context.Context, sdp string) error {
	return p.setRemote(ctx, "offer", sdp)
}

// SetAnswer implements PeerConnection.
func (p *pageConnection) SetAnswer(ctx context.Context, sdp string) error {
	return p.setRemote(ctx, "answer", sdp)
}

// AddCandidate implements PeerConnection.
func (p *pageConnection) AddCandidate(ctx context.Context, c Candidate) error {
	body, err := c.format()
	if err == nil {
		_, err = p.call(ctx, "candidate", map[string]any{"candidate": body})
	}
	return err
}

// Candidates implements PeerConnection.
func (p *pageConnection) Candidates() <-chan Candidate { return p.candidates }

// Opened implements PeerConnection.
func (p *pageConnection) Opened() <-chan error { return p.opened }

// Failed implements PeerConnection.
func (p *pageConnection) Failed() <-chan struct{} { return p.failed }

// Relayed implements PeerConnection.
func (p *pageConnection) Relayed() bool { return p.relayed.Load() }

// full reports whether the channel has too much to send, and counts n more bytes
// if it has not.
func (p *pageConnection) full(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.written-p.acknowledged > pageSendHigh {
		return true
	}
	p.written += int64(n)
	return false
}

// WriteRecord implements PeerConnection.
func (p *pageConnection) WriteRecord(rec []byte) error {
	for p.full(len(rec)) {
		select {
		case <-p.sent:
		case <-p.ended:
			return errPage
		case <-p.failed:
			return errPage
		}
	}
	select {
	case <-p.failed:
		return errPage
	default:
	}
	bytes := p.newRecord(len(rec))
	js.CopyBytesToJS(bytes, rec)
	p.port.Call("postMessage", bytes, []any{bytes.Get("buffer")})
	return nil
}

// ReadRecord implements PeerConnection.
func (p *pageConnection) ReadRecord(buf []byte) ([]byte, error) {
	for {
		if m, ok := p.inbox.Take(); ok {
			return p.copyRecord(buf, m)
		}
		select {
		case <-p.inbox.Arrived():
		case <-p.ended:
			if m, ok := p.inbox.Take(); ok {
				return p.copyRecord(buf, m)
			}
			return nil, io.EOF
		case <-p.failed:
			return nil, errPage
		}
	}
}

func (p *pageConnection) copyRecord(buf []byte, m js.Value) ([]byte, error) {
	bytes := js.Global().Get("Uint8Array").New(m)
	if bytes.Get("length").Int() > len(buf) {
		return nil, wire.ErrMalformed
	}
	n := js.CopyBytesToGo(buf, bytes)
	p.held.LetGo(n)
	return buf[:n], nil
}

// Close implements PeerConnection. The page sends what was written before, and
// closes its end of the port.
func (p *pageConnection) Close() error {
	p.fail()
	p.closeOnce.Do(func() {
		p.port.Call("postMessage", map[string]any{"do": "close"})
		p.port.Set("onmessage", js.Null())
		p.handler.Release()
	})
	return nil
}
