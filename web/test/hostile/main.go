// Command hostile is a sender for the tests of the page: it offers names that no
// honest sender has. It prints its code.
//
//	go run ./web/test/hostile RELAY
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := send(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func send(ctx context.Context, relay string) error {
	client, err := tallow.New(tallow.Config{Relay: relay, Lanes: []tallow.Lane{tallow.LaneRelay}})
	if err != nil {
		return err
	}
	_, err = client.Send(ctx, tallow.SendOptions{Source: source{}, OnEvent: func(e tallow.Event) {
		if c, ok := e.(tallow.CodeEvent); ok {
			fmt.Println(c.Code)
		}
	}})
	return err
}

// items are the good entries and the bad ones. What is in them is their path.
func items() (all []files.Item) {
	folder := func(path string) {
		all = append(all, files.Item{Entry: files.Entry{Kind: files.KindDir, Path: path, Mode: 0o755}})
	}
	file := func(path string) {
		e := files.Entry{Kind: files.KindFile, Path: path, Mode: 0o644, Size: int64(len(path))}
		all = append(all, files.Item{Entry: e, Open: func() (files.SourceFile, error) { return text{strings.NewReader(path)}, nil }})
	}
	link := func(path, target string) {
		all = append(all, files.Item{Entry: files.Entry{Kind: files.KindSymlink, Path: path, Target: target}})
	}
	folder("top")
	file("top/good.txt")
	file("top/../../escaped.txt")
	file("top/../sideways.txt")
	file("/absolute.txt")
	file("top//twice.txt")
	file("top/./here.txt")
	file("outside/offered.txt")
	file("top/new\nline.txt")
	file("top/escape\x1b[2Jscreen.txt")
	file("top/good.txt/below-a-file.txt")
	file("top/good.txt")
	link("top/out", "../../etc/passwd")
	link("top/root", "/etc/passwd")
	file("top/out/through-a-link.txt")
	file("top/last.txt")
	return all
}

type source struct{}

func (source) Names() []string { return []string{"top"} }

func (source) Count(context.Context) (files.Totals, error) {
	t := files.Totals{Known: true}
	for _, it := range items() {
		if it.Kind == files.KindFile {
			t.Files++
			t.Bytes += it.Size
		}
	}
	return t, nil
}

func (source) Walk(_ context.Context, yield func(files.Item) error) error {
	for _, it := range items() {
		if err := yield(it); err != nil {
			return err
		}
	}
	return nil
}

// text is a file that does not change.
type text struct{ *strings.Reader }

func (text) Close() error   { return nil }
func (text) Changed() error { return nil }
