package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/doctor"
	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// encoder writes the events of --json: one object a line, of which "event" says
// what it is. Fields are only ever added. The last one of what is of one of several
// devices is device, its name.
//
//	code      code, nameplate, relay ("": this process), local_only
//	wait      reason, relay ("": this network), nameplate, detail
//	peer
//	name      name: what the peer calls itself
//	verify    words, separated by spaces
//	offer     files, bytes, names; known: files and bytes are exact; text: it is to be shown; resuming, peer: name, address
//	lane      lane, state: up or down, address of the peer ("": it is not direct, or that is not known)
//	progress  bytes, total, files, rate in bytes a second, received: bytes and what is not verified yet, there: of bytes
//	state     state, reason ("": the other events say why)
//	stall     reason
//	file      path, bytes, blake3
//	skip      path, reason, left_out: on purpose
//	text      text
//	leftover  path, bytes, last: RFC 3339
//	written   path, bytes
//	entry     path, kind, bytes: with --dry-run
//	total     files, bytes, known, left_out, skipped: with --dry-run
//	fallback  reason: why it is stored instead of sent
//	resume    anew: why a store begins anew; "": it goes on
//	stored    link, id, relay, expires: RFC 3339, downloads
//	transfer  of each stored transfer: see storedEvent
//	words     id, link, words: under which a relay has the key of that link
//	mail      number, id, to, by: own or relay, state, reason, changed: see mailObject
//	deleted   number, id
//	device    name, relay, paired and heard: RFC 3339 ("": never), accept, folder, max_bytes, fingerprint: words
//	device-renamed, device-removed, device-changed  name: as it is now
//	group     name, devices: their names
//	group-removed  name
//	listens   devices: how many
//	device-sends  name: whose transfer the next events are of, stored
//	done      files, bytes, sent, seconds, lanes: bytes by lane, skipped, left_out, kept, root: a hash over the files, peer: name, address
//	error     kind, reason ("": the command line was wrong), message, hint
//	warning   reason, message: it does not end the program
//	history   of each transfer in the history: see historyEvent
//	cleared   entries
//	destroyed
//	listening addr
//	version   version, commit, modified, go, platform
//	setting   name, value ("" if secret), source: default, file, environment or flag, place, secret
//	config    path, exists
//	check     name, state: ok, warning, failed or unknown, text, hint
//	verdict   direct: probable, unlikely, none or unknown, relayed, local, text
type encoder struct {
	broken func(error) // called once if w cannot be written to; may be nil
	device string      // for several devices: the one that the events are of

	mu  sync.Mutex
	w   io.Writer
	err error
}

func newEncoder(w io.Writer, broken func(error)) *encoder {
	return &encoder{w: jsonWriter{w}, broken: broken}
}

// write writes one object. After the first failure it writes nothing.
func (e *encoder) write(v any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return
	}
	if err := json.NewEncoder(e.w).Encode(e.of(v)); err != nil {
		e.err = brokenOutput(err)
		if e.broken != nil {
			e.broken(e.err)
		}
	}
}

// of returns an object with the device that it is of as its last field, if there is one.
func (e *encoder) of(v any) any {
	if e.device == "" {
		return v
	}
	object, err := json.Marshal(v)
	name, wrong := json.Marshal(e.device)
	if err != nil || wrong != nil {
		return v // Encode has the same error
	}
	return json.RawMessage(slices.Concat(object[:len(object)-1], []byte(`,"device":`), name, []byte("}")))
}

// brokenOutput is the error when nobody reads what a program writes.
func brokenOutput(err error) error {
	return &failure{
		kind: tallow.KindIO, message: "the output could not be written: " + cause(err),
		hint: "What reads the output has to go on until the end.", err: err,
	}
}

// failure is the error that broke the output, if one did.
func (e *encoder) failure() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// event writes an event of a transfer.
func (e *encoder) event(event tallow.Event) {
	switch v := event.(type) {
	case tallow.CodeEvent:
		e.write(struct {
			Event     string `json:"event"`
			Code      string `json:"code"`
			Nameplate string `json:"nameplate"`
			Relay     string `json:"relay"`
			LocalOnly bool   `json:"local_only"`
		}{"code", v.Code, v.Nameplate, v.Relay, v.LocalOnly})
	case tallow.WaitEvent:
		e.write(struct {
			Event     string            `json:"event"`
			Reason    tallow.WaitReason `json:"reason"`
			Relay     string            `json:"relay"`
			Nameplate string            `json:"nameplate"`
			Detail    string            `json:"detail"`
		}{"wait", v.Reason, v.Relay, v.Nameplate, v.Detail})
	case tallow.PeerEvent:
		e.write(struct {
			Event string `json:"event"`
		}{"peer"})
	case tallow.NameEvent:
		e.write(struct {
			Event string `json:"event"`
			Name  string `json:"name"`
		}{"name", v.Name})
	case tallow.VerifyEvent:
		e.write(struct {
			Event string `json:"event"`
			Words string `json:"words"`
		}{"verify", strings.Join(v.Words, " ")})
	case tallow.OfferEvent:
		e.offer(v.Offer)
	case tallow.LaneEvent:
		e.write(struct {
			Event   string            `json:"event"`
			Lane    tallow.Lane       `json:"lane"`
			State   string            `json:"state"`
			Reason  tallow.LaneReason `json:"reason"`
			Address string            `json:"address"`
		}{"lane", v.Lane, upOrDown(v.Up), v.Reason, addressText(v.Address)})
	case tallow.StateEvent:
		e.write(struct {
			Event  string       `json:"event"`
			State  tallow.State `json:"state"`
			Reason string       `json:"reason"`
		}{"state", v.State, v.Reason})
	case tallow.StallEvent:
		e.write(struct {
			Event  string `json:"event"`
			Reason string `json:"reason"`
		}{"stall", stallText(v)})
	default:
		e.outcome(event)
	}
}

// outcome writes an event that says what has arrived.
func (e *encoder) outcome(event tallow.Event) {
	switch v := event.(type) {
	case tallow.ProgressEvent:
		e.write(struct {
			Event    string  `json:"event"`
			Bytes    int64   `json:"bytes"`
			Total    int64   `json:"total"`
			Files    int64   `json:"files"`
			Rate     float64 `json:"rate"`
			Received int64   `json:"received"`
			There    int64   `json:"there"`
		}{"progress", v.Bytes, v.Total, v.Files, v.Rate, v.Received, v.There})
	case tallow.FileEvent:
		e.write(struct {
			Event  string `json:"event"`
			Path   string `json:"path"`
			Name   string `json:"name"`
			Bytes  int64  `json:"bytes"`
			BLAKE3 string `json:"blake3"`
		}{"file", v.Path, v.Name, v.Bytes, v.BLAKE3})
	case tallow.RenameEvent:
		e.write(struct {
			Event string `json:"event"`
			Path  string `json:"path"`
			Name  string `json:"name"`
		}{"rename", v.Path, v.Name})
	case tallow.SkipEvent:
		e.write(struct {
			Event   string `json:"event"`
			Path    string `json:"path"`
			Reason  string `json:"reason"`
			LeftOut bool   `json:"left_out"`
			Kept    bool   `json:"kept"`
		}{"skip", v.Path, v.Reason, v.LeftOut, v.Kept})
	case tallow.WrittenEvent:
		e.write(struct {
			Event string `json:"event"`
			Path  string `json:"path"`
			Bytes int64  `json:"bytes"`
		}{"written", v.Path, v.Bytes})
	case tallow.LeftoverEvent:
		e.write(struct {
			Event string `json:"event"`
			Path  string `json:"path"`
			Bytes int64  `json:"bytes"`
			Last  string `json:"last"`
		}{"leftover", v.Path, v.Bytes, v.Last.UTC().Format(time.RFC3339)})
	case tallow.FallbackEvent:
		e.write(struct {
			Event  string                `json:"event"`
			Reason tallow.FallbackReason `json:"reason"`
		}{"fallback", v.Reason})
	case tallow.StoreResumeEvent:
		e.write(struct {
			Event string            `json:"event"`
			Anew  tallow.AnewReason `json:"anew"`
		}{"resume", v.Anew})
	case tallow.StoredEvent:
		e.write(struct {
			Event     string `json:"event"`
			Link      string `json:"link"`
			ID        string `json:"id"`
			Relay     string `json:"relay"`
			Expires   string `json:"expires"`
			Downloads int    `json:"downloads"`
		}{"stored", v.Link, v.ID, v.Relay, v.Expires.UTC().Format(time.RFC3339), v.Downloads})
	case tallow.EndEvent:
		if v.State == tallow.StateCompleted {
			e.done(v.Result)
		}
	}
}

func (e *encoder) offer(o tallow.Offer) {
	names := o.Names
	if names == nil {
		names = []string{}
	}
	e.write(struct {
		Event string   `json:"event"`
		Files int64    `json:"files"`
		Bytes int64    `json:"bytes"`
		Names []string `json:"names"`
		Known bool     `json:"known"`
		Text  bool     `json:"text"`

		Resuming bool       `json:"resuming"`
		Peer     peerObject `json:"peer"`
	}{"offer", o.Files, o.Bytes, names, o.Known, o.Text, o.Resuming, peerOf(o.Peer)})
}

func (e *encoder) done(r tallow.Result) {
	if r.Text != "" {
		e.write(struct {
			Event string `json:"event"`
			Text  string `json:"text"`
		}{"text", r.Text})
	}
	lanes := r.Lanes
	if lanes == nil {
		lanes = map[tallow.Lane]int64{}
	}
	e.write(struct {
		Event   string                `json:"event"`
		Files   int64                 `json:"files"`
		Bytes   int64                 `json:"bytes"`
		Sent    int64                 `json:"sent"`
		Seconds float64               `json:"seconds"`
		Lanes   map[tallow.Lane]int64 `json:"lanes"`
		Skipped int64                 `json:"skipped"`
		LeftOut int64                 `json:"left_out"`
		Kept    int64                 `json:"kept"`
		Root    string                `json:"root"`
		Peer    peerObject            `json:"peer"`
	}{"done", r.Files, r.Bytes, r.Sent, r.Elapsed.Seconds(), lanes, r.Skipped, r.LeftOut, r.Kept, r.Root, peerOf(r.Peer)})
}

// peerObject is what is known of the peer: the name that it gives itself, and the
// address at the other end of a direct lane.
type peerObject struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func peerOf(p tallow.Peer) peerObject { return peerObject{p.Name, addressText(p.Address)} }

// addressText is an address, or empty if there is none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// failed writes the error that ended the program.
func (e *encoder) failed(f *failure) {
	e.write(struct {
		Event   string           `json:"event"`
		Kind    tallow.ErrorKind `json:"kind"`
		Reason  tallow.Reason    `json:"reason"`
		Message string           `json:"message"`
		Hint    string           `json:"hint"`
	}{"error", f.kind, f.reason, f.message, f.hint})
}

// warn writes what went wrong and does not end the program.
func (e *encoder) warn(reason, format string, args ...any) {
	e.write(struct {
		Event   string `json:"event"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}{"warning", reason, fmt.Sprintf(format, args...)})
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

// listening writes the address that a relay got.
func (e *encoder) listening(addr net.Addr) {
	e.write(struct {
		Event string `json:"event"`
		Addr  string `json:"addr"`
	}{"listening", addr.String()})
}

// check writes the result of a check of doctor.
func (e *encoder) check(c doctor.Check) {
	e.write(struct {
		Event string       `json:"event"`
		Name  string       `json:"name"`
		State doctor.State `json:"state"`
		Text  string       `json:"text"`
		Hint  string       `json:"hint"`
	}{"check", c.Name, c.State, c.Text, c.Hint})
}

// verdict writes what the checks mean together.
func (e *encoder) verdict(v doctor.Verdict) {
	e.write(struct {
		Event   string        `json:"event"`
		Direct  doctor.Direct `json:"direct"`
		Relayed bool          `json:"relayed"`
		Local   bool          `json:"local"`
		Text    string        `json:"text"`
	}{"verdict", v.Direct, v.Relayed, v.Local, v.Text})
}

// setting writes a setting and where it was made.
func (e *encoder) setting(v settings.Value) {
	e.write(struct {
		Event  string `json:"event"`
		Name   string `json:"name"`
		Value  string `json:"value"`
		Source string `json:"source"`
		Place  string `json:"place"`
		Secret bool   `json:"secret"`
	}{"setting", v.Name, v.Text, v.Source.String(), v.Place, v.Secret})
}

// configFile writes the name of the configuration file.
func (e *encoder) configFile(path string, exists bool) {
	e.write(struct {
		Event  string `json:"event"`
		Path   string `json:"path"`
		Exists bool   `json:"exists"`
	}{"config", path, exists})
}
