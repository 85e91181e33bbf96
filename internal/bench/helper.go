package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// Helpers are parts of tools. They run as processes of this program, so that their
// CPU time and memory are measured separately and they can run in a network
// namespace. The first argument selects one.
const (
	helperRawSend       = "helper-raw-send"
	helperRawReceive    = "helper-raw-receive"
	helperChannelOffer  = "helper-channel-offer"
	helperChannelAnswer = "helper-channel-answer"
	helperChannelPage   = "helper-channel-page"
	helperSSHD          = "helper-sshd"
	helperFlowSend      = "helper-flow-send"
	helperFlowReceive   = "helper-flow-receive"
	helperCongestion    = "helper-congestion"
)

// runHelper runs a helper. It returns false if the arguments do not select one.
func runHelper(ctx context.Context, args []string) (code int, is bool) {
	helpers := map[string]func(context.Context, []string) error{
		helperRawSend:       rawSend,
		helperRawReceive:    rawReceive,
		helperChannelOffer:  channelOffer,
		helperChannelAnswer: channelAnswer,
		helperChannelPage:   channelPage,
		helperSSHD:          sshdOnce,
		helperFlowSend:      flowSend,
		helperFlowReceive:   flowReceive,
		helperCongestion:    askForBBR,
	}
	if len(args) == 0 || helpers[args[0]] == nil {
		return 0, false
	}
	if err := helpers[args[0]](ctx, args[1:]); err != nil {
		writeEvent(os.Stdout, event{Event: "error", Message: err.Error()})
		return 1, true
	}
	return 0, true
}

// writeEvent writes an event in the format of tallow's --json.
func writeEvent(w io.Writer, e event) {
	if err := json.NewEncoder(w).Encode(e); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// sizeArgument parses the argument that says how many bytes to transfer.
func sizeArgument(args []string, at int) (int64, error) {
	if len(args) <= at {
		return 0, fmt.Errorf("an argument is missing")
	}
	return strconv.ParseInt(args[at], 10, 64)
}

// meter writes progress events ten times a second, as tallow does.
type meter struct {
	mu       sync.Mutex
	bytes    int64
	reported time.Time // the last time
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.bytes == 0
	m.bytes += int64(n)
	if now := time.Now(); first || now.Sub(m.reported) >= 100*time.Millisecond {
		m.reported = now
		writeEvent(os.Stdout, event{Event: "progress", Bytes: m.bytes})
	}
}

// end reports the final number of bytes.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	writeEvent(os.Stdout, event{Event: "progress", Bytes: m.bytes})
}
