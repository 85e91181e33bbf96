package relaytest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Evil is something that a hostile relay does with the messages of its mailbox.
type Evil string

// What a Hostile can do.
const (
	Drop     Evil = "drop"     // says that it has kept a message, or deleted it, and has not
	Keep     Evil = "keep"     // keeps a message back, until it behaves
	Swap     Evil = "swap"     // puts a message into the slot of another, maybe of other devices
	Replay   Evil = "replay"   // gives messages again, in the slots that are asked for
	Reorder  Evil = "reorder"  // gives messages in another order
	Twice    Evil = "twice"    // gives a message twice, or takes it and breaks the connection
	Flip     Evil = "flip"     // changes a bit of a message
	Foreign  Evil = "foreign"  // gives random bytes, also in slots that nobody has asked for
	Truncate Evil = "truncate" // ends an answer in the middle
	Nonsense Evil = "nonsense" // answers with a page
	Refuse   Evil = "refuse"   // says that slots are taken, and that nothing is in them
	HangUp   Evil = "hang up"  // breaks the connection
)

const (
	boxPrefix   = "/api/box/" // the paths of the mailbox
	maxBody     = 512 << 10   // bytes of a request
	maxSeen     = 500         // messages that are remembered
	contentType = "Content-Type"
	jsonType    = "application/json"
)

// AllEvil returns all that a Hostile can do.
func AllEvil() []Evil {
	return []Evil{Drop, Keep, Swap, Replay, Reorder, Twice, Flip, Foreign, Truncate, Nonsense, Refuse, HangUp}
}

// Hostile is between clients and a relay, and does with the messages of the mailbox what a
// hostile relay could. All other requests it passes on. What it does is decided by its seed, and
// the order of the requests.
type Hostile struct {
	next http.Handler

	mu     sync.Mutex
	random *rand.Rand
	evils  []Evil
	rate   float64           // of requests that something is done with
	seen   []wire.BoxMessage // what was put, and where
	kept   []wire.BoxMessage
	did    map[Evil]int
}

// NewHostile returns what does no harm yet, in front of a relay.
func NewHostile(next http.Handler, seed uint64) *Hostile {
	return &Hostile{next: next, random: rand.New(rand.NewPCG(seed, 0)), did: make(map[Evil]int)}
}

// Start makes it do some evils, all equally often, with a share of the requests.
func (h *Hostile) Start(rate float64, evils ...Evil) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rate, h.evils = rate, evils
}

// Behave makes it pass on all requests from now on. What it has kept back it puts in now, in any order.
func (h *Hostile) Behave() {
	h.mu.Lock()
	h.evils = nil
	kept := h.kept
	h.kept = nil
	h.random.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	h.mu.Unlock()
	for _, m := range kept {
		req := httptest.NewRequest(http.MethodPost, boxPrefix+"put", http.NoBody)
		h.put(httptest.NewRecorder(), req, m) // the slot may have another message by now
	}
}

// Did returns how often it has done what.
func (h *Hostile) Did() map[Evil]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.did
}

// ServeHTTP implements http.Handler.
func (h *Hostile) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	what, ok := strings.CutPrefix(req.URL.Path, boxPrefix)
	if !ok {
		h.next.ServeHTTP(w, req)
		return
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody))
	if err != nil {
		return
	}
	req = req.Clone(req.Context())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	switch what {
	case "put":
		h.servePut(w, req, body)
	case "watch":
		h.serveWatch(w, req, body)
	default:
		h.serveDelete(w, req)
	}
}

// pick decides what is done with a request, of what could be; empty: nothing.
func (h *Hostile) pick(could ...Evil) Evil {
	h.mu.Lock()
	defer h.mu.Unlock()
	could = slices.DeleteFunc(could, func(e Evil) bool { return !slices.Contains(h.evils, e) })
	if len(could) == 0 || h.random.Float64() >= h.rate {
		return ""
	}
	e := could[h.random.IntN(len(could))]
	h.did[e]++
	return e
}

func (h *Hostile) servePut(w http.ResponseWriter, req *http.Request, body []byte) {
	r, err := wire.ParseBoxPut(body)
	if err != nil {
		h.next.ServeHTTP(w, req)
		return
	}
	m := wire.BoxMessage{Slot: r.Slot, Message: r.Message}
	e := h.pick(Drop, Keep, Swap, Twice, Flip, Foreign, Nonsense, Refuse, HangUp)
	h.remember(m, e == Keep)
	switch e {
	case Drop, Keep:
		w.WriteHeader(http.StatusNoContent)
	case Swap:
		m.Slot = h.old().Slot
		h.put(httptest.NewRecorder(), req, m)
		w.WriteHeader(http.StatusNoContent)
	case Flip:
		h.flip(m.Message)
		h.put(w, req, m)
	case Foreign:
		m.Message = h.bytes(len(m.Message))
		h.put(w, req, m)
	case Twice:
		h.put(httptest.NewRecorder(), req, m)
		panic(http.ErrAbortHandler)
	case Refuse:
		refuse(w, http.StatusConflict, "box-taken")
	default:
		h.otherwise(w, req, e)
	}
}

// put puts a message into the relay behind.
func (h *Hostile) put(w http.ResponseWriter, like *http.Request, m wire.BoxMessage) {
	body := wire.BoxPut{Slot: m.Slot, Message: m.Message}.Append(nil)
	req := like.Clone(like.Context())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	h.next.ServeHTTP(w, req)
}

// otherwise is what it does with any request.
func (h *Hostile) otherwise(w http.ResponseWriter, req *http.Request, e Evil) {
	switch e {
	case Nonsense:
		w.Header().Set(contentType, "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>Welcome</title>")
	case HangUp:
		panic(http.ErrAbortHandler)
	default:
		h.next.ServeHTTP(w, req)
	}
}

func (h *Hostile) serveDelete(w http.ResponseWriter, req *http.Request) {
	if e := h.pick(Drop, Nonsense, HangUp); e != Drop {
		h.otherwise(w, req, e)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *Hostile) serveWatch(w http.ResponseWriter, req *http.Request, body []byte) {
	r, err := wire.ParseBoxWatch(body)
	e := h.pick(Swap, Replay, Foreign, Nonsense, Refuse, HangUp) // at once
	if err != nil || e == Nonsense || e == HangUp {
		h.otherwise(w, req, e)
		return
	}
	var reply wire.BoxMessages
	if e == "" {
		answer := httptest.NewRecorder()
		h.next.ServeHTTP(answer, req)
		if reply, err = wire.ParseBoxMessages(answer.Body.Bytes()); err != nil || answer.Code != http.StatusOK {
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
			return
		}
		if len(reply.Messages) > 0 {
			e = h.pick(Drop, Reorder, Twice, Flip, Truncate, Foreign, Swap)
		}
	}
	reply.Messages = h.change(e, reply.Messages, r.Slots)
	b := reply.Append(nil)
	if e == Truncate {
		b = b[:h.below(len(b))]
	}
	w.Header().Set(contentType, jsonType)
	_, _ = w.Write(b)
}

// change returns the messages of an answer after something was done with them.
func (h *Hostile) change(e Evil, messages []wire.BoxMessage, asked []wire.BoxSlot) []wire.BoxMessage {
	switch e {
	case Drop:
		i := h.below(len(messages))
		return slices.Delete(messages, i, i+1)
	case Reorder:
		slices.Reverse(messages)
	case Twice:
		return append(messages, messages[h.below(len(messages))])
	case Flip:
		h.flip(messages[h.below(len(messages))].Message)
	case Swap, Replay:
		// What was said before, also by others, in slots that are looked at.
		used := make(map[wire.BoxSlot]bool)
		for range 1 + h.below(4) {
			m := h.old()
			if e == Swap || !slices.Contains(asked, m.Slot) {
				m.Slot = asked[h.below(len(asked))]
			}
			if m.Message != nil && !used[m.Slot] && !slices.ContainsFunc(messages, func(o wire.BoxMessage) bool { return o.Slot == m.Slot }) {
				used[m.Slot] = true
				messages = append(messages, m)
			}
		}
	case Foreign:
		m := wire.BoxMessage{Slot: asked[h.below(len(asked))], Message: h.bytes(wire.BoxMessageSize)}
		if h.below(4) == 0 {
			m.Slot = wire.BoxSlot(h.bytes(len(m.Slot))) // that nobody has asked for
		}
		if !slices.ContainsFunc(messages, func(o wire.BoxMessage) bool { return o.Slot == m.Slot }) {
			messages = append(messages, m)
		}
	}
	return messages
}

// remember keeps a message to give it again, or back.
func (h *Hostile) remember(m wire.BoxMessage, back bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.Message = slices.Clone(m.Message)
	if back {
		h.kept = append(h.kept, m)
	}
	if len(h.seen) < maxSeen {
		h.seen = append(h.seen, m)
	}
}

// old returns something that was put before, most often of late.
func (h *Hostile) old() (m wire.BoxMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.seen); n > 0 {
		m = h.seen[n-1-min(h.random.IntN(n), h.random.IntN(n))]
		m.Message = slices.Clone(m.Message)
	}
	return m
}

func (h *Hostile) below(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.random.IntN(n)
}

func (h *Hostile) flip(b []byte) { b[h.below(len(b))] ^= 1 << h.below(8) }

func (h *Hostile) bytes(n int) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b []byte
	for len(b) < n {
		b = binary.BigEndian.AppendUint64(b, h.random.Uint64())
	}
	return b[:n]
}

func refuse(w http.ResponseWriter, status int, word string) {
	w.Header().Set(contentType, jsonType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error":"`+word+`","message":"No."}`)
}
