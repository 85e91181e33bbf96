package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// stored NAME PATH [password=P] [downloads=N] [life=DURATION] [text] stores what is at
// PATH at the relay of TALLOW_RELAY, and puts the link into NAME.
func storeForScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: stored NAME PATH [password=P] [downloads=N] [life=DURATION] [text]")
	}
	path := ts.MkAbs(args[1])
	s := storetest.Sealing{Source: files.FS(os.DirFS(filepath.Dir(path)), filepath.Base(path))}
	for _, option := range args[2:] {
		var err error
		switch name, value, _ := strings.Cut(option, "="); name {
		case "password":
			s.Password = value
		case "downloads":
			s.Downloads, err = strconv.Atoi(value)
		case "life":
			s.Life, err = time.ParseDuration(value)
		case "text":
			s.Text = true
		default:
			ts.Fatalf("no option %s", name)
		}
		ts.Check(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	t, err := storetest.Store(ctx, ts.Getenv("TALLOW_RELAY"), s)
	ts.Check(err)
	t.Client.Close()
	ts.Setenv(args[0], t.Link.String())
}

// gone LINK waits until the relay has no more what it had stored.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone LINK")
	}
	l, err := storelink.Parse(args[0])
	ts.Check(err)
	endpoint, err := rendezvous.ParseRelay(l.Relay)
	ts.Check(err)
	client := storeclient.New(rendezvous.New(endpoint, rendezvous.Options{Version: "test"}))
	defer client.Close()
	ts.Check(poll(func() error {
		_, err := client.Offer(context.Background(), l.ID)
		switch {
		case storeclient.Refused(err, storeclient.Unknown):
			return nil
		case err == nil:
			return errors.New("it is still there")
		}
		return fmt.Errorf("is it gone? %w", err)
	}))
}
