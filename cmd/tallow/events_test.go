package main

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func TestEncoder(t *testing.T) {
	done := tallow.Result{
		Files: 3, Bytes: 1048576, Skipped: 1, Root: "4583", Peer: tallow.Peer{Name: "Ana's laptop", Address: netip.MustParseAddr("192.0.2.7")}, Sent: 1048000, Elapsed: 400 * time.Millisecond,
		Lanes: map[tallow.Lane]int64{tallow.LaneTCP: 1000000, tallow.LaneRelay: 48000},
	}
	text := tallow.Result{Files: 1, Bytes: 5, Sent: 5, Elapsed: time.Second, Root: "ea8f", Text: "hi\"\x1b\n"}
	for _, tc := range []struct {
		event tallow.Event
		want  string
	}{
		{
			tallow.CodeEvent{Code: "7-acid-acorn-acre@relay.example", Nameplate: "7", Relay: "relay.example"},
			`{"event":"code","code":"7-acid-acorn-acre@relay.example","nameplate":"7","relay":"relay.example","local_only":false}`,
		},
		{
			tallow.CodeEvent{Code: "7-acid-acorn-acre", Nameplate: "7", LocalOnly: true},
			`{"event":"code","code":"7-acid-acorn-acre","nameplate":"7","relay":"","local_only":true}`,
		},
		{tallow.PeerEvent{}, `{"event":"peer"}`},
		{tallow.NameEvent{Name: `Ana's "laptop"`}, `{"event":"name","name":"Ana's \"laptop\""}`},
		{
			tallow.OfferEvent{Offer: tallow.Offer{Peer: tallow.Peer{Name: "Ana's laptop", Address: netip.MustParseAddr("2001:db8::7")}}},
			`{"event":"offer","files":0,"bytes":0,"names":[],"known":false,"text":false,"resuming":false,"peer":{"name":"Ana's laptop","address":"2001:db8::7"}}`,
		},
		{
			tallow.LaneEvent{Lane: tallow.LaneWebRTC, Up: true, Reason: tallow.LaneReasonDirect, Address: netip.MustParseAddr("192.0.2.7")},
			`{"event":"lane","lane":"webrtc","state":"up","reason":"direct","address":"192.0.2.7"}`,
		},
		{tallow.VerifyEvent{Words: []string{"acid", "acorn"}}, `{"event":"verify","words":"acid acorn"}`},
		{
			tallow.OfferEvent{Offer: tallow.Offer{Known: true, Files: 3, Bytes: 1048576, Names: []string{"a.txt", "b"}}},
			`{"event":"offer","files":3,"bytes":1048576,"names":["a.txt","b"],"known":true,"text":false,"resuming":false,"peer":{"name":"","address":""}}`,
		},
		{tallow.OfferEvent{}, `{"event":"offer","files":0,"bytes":0,"names":[],"known":false,"text":false,"resuming":false,"peer":{"name":"","address":""}}`},
		{tallow.LaneEvent{Lane: tallow.LaneTCP, Up: true, Reason: tallow.LaneReasonDirect}, `{"event":"lane","lane":"tcp","state":"up","reason":"direct","address":""}`},
		{tallow.LaneEvent{Lane: tallow.LaneRelay}, `{"event":"lane","lane":"relay","state":"down","reason":"","address":""}`},
		{
			tallow.ProgressEvent{Bytes: 2, There: 1, Received: 3, Total: 4, Rate: 3.5e6},
			`{"event":"progress","bytes":2,"total":4,"files":0,"rate":3500000,"received":3,"there":1}`,
		},
		{tallow.StateEvent{State: tallow.StateTransferring}, `{"event":"state","state":"transferring","reason":""}`},
		{
			tallow.StateEvent{State: tallow.StateConnecting, Reason: "its disk is full"},
			`{"event":"state","state":"connecting","reason":"its disk is full"}`,
		},
		{tallow.StallEvent{Reason: tallow.StallReconnecting, Attempt: 2}, `{"event":"stall","reason":"no lane is up, reconnecting 2/∞"}`},
		{tallow.FileEvent{Path: "a (1).txt", Name: "a.txt", Taken: "a.txt", Bytes: 5, BLAKE3: "ea8f"}, `{"event":"file","path":"a (1).txt","name":"a.txt","bytes":5,"blake3":"ea8f"}`},
		{tallow.RenameEvent{Path: "b (1)", Name: "b", Taken: "b"}, `{"event":"rename","path":"b (1)","name":"b"}`},
		{tallow.SkipEvent{Path: "b\u202e", Reason: "no"}, "{\"event\":\"skip\",\"path\":\"b\\u202e\",\"reason\":\"no\",\"left_out\":false,\"kept\":false}"},
		{
			tallow.EndEvent{State: tallow.StateCompleted, Result: done},
			`{"event":"done","files":3,"bytes":1048576,"sent":1048000,"seconds":0.4,"lanes":{"relay":48000,"tcp":1000000},"skipped":1,"left_out":0,"kept":0,"root":"4583","peer":{"name":"Ana's laptop","address":"192.0.2.7"}}`,
		},
		{
			tallow.EndEvent{State: tallow.StateCompleted, Result: text},
			`{"event":"text","text":"hi\"\u001b\n"}` + "\n" +
				`{"event":"done","files":1,"bytes":5,"sent":5,"seconds":1,"lanes":{},"skipped":0,"left_out":0,"kept":0,"root":"ea8f","peer":{"name":"","address":""}}`,
		},
	} {
		var out strings.Builder
		newEncoder(&out, nil).event(tc.event)
		if got := out.String(); got != tc.want+"\n" {
			t.Errorf("%#v:\n%swant\n%s", tc.event, got, tc.want)
		}
		for line := range strings.Lines(out.String()) {
			if _, err := parseEvent(line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

func TestEncoderOfTheProgram(t *testing.T) {
	var out strings.Builder
	e := newEncoder(&out, nil)
	e.failed(&failure{kind: tallow.KindCode, reason: tallow.ReasonCodeUsed, message: "no", hint: "try"})
	e.listening(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 41234})
	want := `{"event":"error","kind":"code","reason":"code-used","message":"no","hint":"try"}` + "\n" +
		`{"event":"listening","addr":"127.0.0.1:41234"}` + "\n"
	if out.String() != want {
		t.Errorf("%swant\n%s", out.String(), want)
	}
}

// full is a writer that accepts n writes and fails after that.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestEncoderBreaksOnce(t *testing.T) {
	w := full(1)
	var broken []error
	e := newEncoder(&w, func(err error) { broken = append(broken, err) })
	e.event(tallow.PeerEvent{})
	if e.failure() != nil || len(broken) != 0 {
		t.Errorf("broken by a good write: %v", broken)
	}
	e.event(tallow.PeerEvent{})
	e.event(tallow.PeerEvent{})
	var err *failure
	if len(broken) != 1 || !errors.As(e.failure(), &err) || err.kind != tallow.KindIO {
		t.Errorf("%v, told %v", e.failure(), broken)
	}
}
