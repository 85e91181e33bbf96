package tallow_test

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// BenchmarkTransfer transfers a file of 256 MiB from disk to disk, synced, with
// both peers and the relay in one process. Use it for profiles; scripts/bench
// measures the command.
func BenchmarkTransfer(b *testing.B) {
	const size = 256 << 20
	path := filepath.Join(b.TempDir(), "file")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), size); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	for _, lane := range tallow.AllLanes() {
		b.Run(string(lane), func(b *testing.B) {
			client := newClient(b, tallow.Config{Relay: startRelay(b, relay.Config{}), Lanes: []tallow.Lane{lane}})
			b.SetBytes(size)
			for b.Loop() {
				sendAndReceive(b, client, path, b.TempDir())
			}
		})
	}
}

// sendAndReceive sends a path to a folder.
func sendAndReceive(b *testing.B, client *tallow.Client, path, to string) {
	ctx, cancel := context.WithTimeout(b.Context(), testTimeout)
	defer cancel()
	code, sent := make(chan string, 1), make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{Paths: []string{path}, OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				code <- c.Code
			}
		}})
		sent <- err
	}()
	if _, err := client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Output: to}); err != nil {
		b.Fatal(err)
	}
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
}
