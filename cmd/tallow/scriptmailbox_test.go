package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// message put N puts a message into slot N of the mailbox of the relay TALLOW_RELAY;
// message has N looks whether it is there. "! message put" is for a relay that has no
// mailbox, and "! message has" for one that does not have the message.
func message(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: message put|has N")
	}
	n, err := strconv.ParseUint(args[1], 10, 8)
	ts.Check(err)
	slot, body := wire.BoxSlot{byte(n)}, bytes.Repeat([]byte{byte(n)}, wire.BoxMessageSize)
	post := func(what string, request []byte) (int, []byte) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		resp, err := client.Post("http://"+ts.Getenv("TALLOW_RELAY")+"/api/box/"+what, "application/json", bytes.NewReader(request))
		ts.Check(err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		ts.Check(err)
		return resp.StatusCode, answer
	}
	switch args[0] {
	case "put":
		status, answer := post("put", wire.BoxPut{Slot: slot, Message: body}.Append(nil))
		if neg && status != http.StatusNotFound || !neg && status != http.StatusNoContent {
			ts.Fatalf("put: %d %s", status, answer)
		}
	case "has":
		status, answer := post("watch", wire.BoxWatch{Slots: []wire.BoxSlot{slot}}.Append(nil))
		reply, err := wire.ParseBoxMessages([]byte(strings.TrimSpace(string(answer))))
		if status != http.StatusOK || err != nil {
			ts.Fatalf("watch: %d %s", status, answer)
		}
		has := len(reply.Messages) == 1 && bytes.Equal(reply.Messages[0].Message, body)
		if has == neg {
			ts.Fatalf("the messages are %s", answer)
		}
	default:
		ts.Fatalf("message put|has")
	}
}
