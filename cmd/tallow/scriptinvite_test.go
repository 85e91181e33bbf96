package main

import (
	"context"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// invites BODY sends a text with an invitation that no tallow makes, at the relay of
// TALLOW_RELAY, and sets CODE.
func invites(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: invites BODY")
	}
	client, err := tallow.New(tallow.Config{Relay: ts.Getenv("TALLOW_RELAY")})
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	ts.Defer(func() {
		cancel()
		sending.Wait()
	})
	code, ended := make(chan string, 1), make(chan error, 1)
	sending.Go(func() {
		_, err := client.Send(ctx, tallow.SendOptions{Text: "a note", Invitation: []byte(args[0]), OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				code <- c.Code
			}
		}})
		ended <- err
	})
	select {
	case c := <-code:
		ts.Setenv("CODE", c)
	case err := <-ended:
		ts.Fatalf("there is no code: %v", err)
	}
}
