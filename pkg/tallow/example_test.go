package tallow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/fstest"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// codeTo gives the code of a Send to a channel. A real program shows it to a
// person, who tells it to the receiver.
func codeTo(code chan<- string) func(tallow.Event) {
	return func(e tallow.Event) {
		if c, ok := e.(tallow.CodeEvent); ok {
			code <- c.Code // 7-acid-acorn-acre
		}
	}
}

// A folder is sent, and received into another one. Without a relay in the
// Config, the sender runs one for its own network, and the receiver finds it
// there.
func ExampleClient_Send() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "tallow-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	photos, inbox := filepath.Join(dir, "photos"), filepath.Join(dir, "inbox")
	if err := errors.Join(
		os.Mkdir(photos, 0o755),
		os.WriteFile(filepath.Join(photos, "a.jpg"), []byte("a picture"), 0o644),
		os.Mkdir(inbox, 0o755),
	); err != nil {
		fmt.Println(err)
		return
	}

	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Paths: []string{photos}, OnEvent: codeTo(code)})
		sent <- err
	}()
	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Output: inbox})
	fmt.Println(result.Files, "file,", result.Bytes, "bytes:", err)
	fmt.Println("the sender knows:", <-sent)
	data, err := os.ReadFile(filepath.Join(inbox, "photos", "a.jpg"))
	fmt.Println(string(data), err)
	// Output:
	// 1 file, 9 bytes: <nil>
	// the sender knows: <nil>
	// a picture <nil>
}

// A stream whose length is not known beforehand, such as the output of another
// program, and a receiver that wants it in a writer.
func ExampleClient_Send_stream() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{
			Stream:     strings.NewReader("one, two, three"),
			StreamName: "count.txt",
			OnEvent:    codeTo(code),
		})
		sent <- err
	}()
	var got strings.Builder
	_, err = client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Writer: &got})
	fmt.Println(got.String(), err, <-sent)
	// Output: one, two, three <nil> <nil>
}

// A receiver asks before it takes anything, and tells errors apart.
func ExampleClient_Receive() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Text: "the key is under the mat", OnEvent: codeTo(code)})
		sent <- err
	}()
	_, err = client.Receive(ctx, tallow.ReceiveOptions{
		Code: <-code,
		Accept: func(_ context.Context, o tallow.Offer) (bool, error) {
			fmt.Println("take", o.Bytes, "bytes?")
			return false, nil
		},
	})
	for _, err := range []error{err, <-sent} {
		var e *tallow.Error
		if errors.As(err, &e) {
			fmt.Println(e.Kind)
		}
	}
	// Output:
	// take 24 bytes?
	// declined
	// declined
}

// A receiver watches the progress.
func ExampleProgressEvent() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		source := files.FS(fstest.MapFS{"big": {Data: make([]byte, 32<<20), Mode: 0o644}})
		_, err := client.Send(ctx, tallow.SendOptions{Source: source, LimitRate: 64 << 20, OnEvent: codeTo(code)})
		sent <- err
	}()
	var last tallow.ProgressEvent
	_, err = client.Receive(ctx, tallow.ReceiveOptions{
		Code:        <-code,
		Destination: files.NewMemory(64 << 20),
		OnEvent: func(e tallow.Event) {
			switch e := e.(type) {
			case tallow.ProgressEvent: // at most ten a second
				last = e
			case tallow.EndEvent:
				fmt.Println(e.State, e.Result.Bytes, "bytes")
			}
		},
	})
	fmt.Println(last.Bytes > 0, last.Total, err, <-sent)
	// Output:
	// completed 33554432 bytes
	// true 33554432 <nil> <nil>
}

// A sender pauses, and goes on.
func ExampleControls() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var controls tallow.Controls
	controls.Pause() // before there is anything to send
	var once sync.Once
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Text: "hello", Controls: &controls, OnEvent: codeTo(code)})
		sent <- err
	}()
	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, OnEvent: func(e tallow.Event) {
		if s, ok := e.(tallow.StateEvent); ok && s.State == tallow.StatePaused {
			once.Do(func() {
				fmt.Println("paused by the sender")
				controls.Resume()
			})
		}
	}})
	fmt.Println(result.Text, err, <-sent)
	// Output:
	// paused by the sender
	// hello <nil> <nil>
}

// A program that is its own relay: package relay is an http.Handler.
func ExampleConfig_embeddedRelay() {
	ctx := context.Background()
	handler, err := relay.New(relay.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer handler.Close()
	server := httptest.NewServer(handler)
	defer server.Close()

	client, err := tallow.New(tallow.Config{Relay: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Text: "hello", OnEvent: codeTo(code)})
		sent <- err
	}()
	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: <-code}) // the code names the relay
	fmt.Println(result.Text, err, <-sent)
	// Output: hello <nil> <nil>
}

// countingDestination is a destination of one's own: it keeps nothing, and counts
// what it is given.
type countingDestination struct {
	mu    sync.Mutex
	bytes int
	names []string
}

func (d *countingDestination) Begin(context.Context, []string, int64) error { return nil }

func (d *countingDestination) Prepare(_ context.Context, _ uint64, e files.Entry) (files.File, error) {
	if e.Kind == files.KindDir || e.Kind == files.KindSymlink {
		return nil, nil
	}
	return &countedFile{d, e.Path}, nil
}

func (d *countingDestination) Commit(_ context.Context, verified []files.File) []error {
	for _, f := range verified {
		d.names = append(d.names, f.Path())
	}
	return make([]error, len(verified))
}

func (d *countingDestination) Finish(context.Context) error { return nil }

type countedFile struct {
	of   *countingDestination
	path string
}

func (f *countedFile) WriteAt(p []byte, _ int64) (int, error) {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	f.of.bytes += len(p)
	return len(p), nil
}

func (f *countedFile) Path() string                                         { return f.path }
func (f *countedFile) Have(context.Context) (map[uint32]files.Block, error) { return nil, nil }
func (f *countedFile) Verified(uint32, files.Hash) error                    { return nil }
func (f *countedFile) SetSize(int64) error                                  { return nil }
func (f *countedFile) Close() error                                         { return nil }

// An fs.FS is sent into a destination of one's own.
func ExampleReceiveOptions_destination() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		source := files.FS(fstest.MapFS{"letter.txt": {Data: []byte("Dear reader"), Mode: 0o644}})
		_, err := client.Send(ctx, tallow.SendOptions{Source: source, OnEvent: codeTo(code)})
		sent <- err
	}()
	var d countingDestination
	_, err = client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Destination: &d})
	fmt.Println(d.names, d.bytes, err, <-sent)
	// Output: [letter.txt] 11 <nil> <nil>
}

// Several transfers at once, as a program that stays would run them.
func ExampleTransferManager() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	codes := make(chan string, 2)
	m := tallow.NewTransferManager(ctx, client, func(e tallow.TransferEvent) { codeTo(codes)(e.Event) })
	defer m.Close()
	for _, text := range []string{"one", "three"} {
		if _, err := m.Send(tallow.SendOptions{Text: text}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		id, err := m.Receive(tallow.ReceiveOptions{Code: <-codes})
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := m.Wait(ctx, id); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, t := range m.List()[:2] {
		_, err := m.Wait(ctx, t.ID)
		fmt.Println(t.ID, t.Kind, err)
	}
	fmt.Println(m.Totals().Bytes, "bytes by", m.Totals().Transfers, "transfers")
	// Output:
	// 1 send <nil>
	// 2 send <nil>
	// 16 bytes by 4 transfers
}
