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

// Helpers are parts of tools that are processes of this program, so that their
// CPU time and memory can be told apart and they can be in a namespace. The
// first argument says which one it is.
const (
	helperRawSend       = "helper-raw-send"
	helperRawReceive    = "helper-raw-receive"
	helperChannelOffer  = "helper-channel-offer"
	helperChannelAnswer = "helper-channel-answer"
	helperSSHD          = "helper-sshd"
)

// runHelper runs a helper, if the arguments are those of one.
func runHelper(ctx context.Context, args []string) (code int, is bool) {
	helpers := map[string]func(context.Context, []string) error{
		helperRawSend:       rawSend,
		helperRawReceive:    rawReceive,
		helperChannelOffer:  channelOffer,
		helperChannelAnswer: channelAnswer,
		helperSSHD:          sshdOnce,
	}
	if len(args) == 0 || helpers[args[0]] == nil {
		return 0, false
	}
	if err := helpers[args[0]](ctx, args[1:]); err != nil {
		tell(os.Stdout, event{Event: "error", Message: err.Error()})
		return 1, true
	}
	return 0, true
}

// tell writes an event as tallow does.
func tell(w io.Writer, e event) {
	if err := json.NewEncoder(w).Encode(e); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// sizeArgument reads how many bytes there are to transfer.
func sizeArgument(args []string, at int) (int64, error) {
	if len(args) <= at {
		return 0, fmt.Errorf("an argument is missing")
	}
	return strconv.ParseInt(args[at], 10, 64)
}

// meter tells of progress ten times a second, as tallow does.
type meter struct {
	mu    sync.Mutex
	bytes int64
	told  time.Time
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.bytes == 0
	m.bytes += int64(n)
	if now := time.Now(); first || now.Sub(m.told) >= 100*time.Millisecond {
		m.told = now
		tell(os.Stdout, event{Event: "progress", Bytes: m.bytes})
	}
}

// end tells of the last of it.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	tell(os.Stdout, event{Event: "progress", Bytes: m.bytes})
}
