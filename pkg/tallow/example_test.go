package tallow_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// Both sides in one program. Without a relay in the Config, the sender runs one
// of its own for its network, and the receiver finds it there.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "tallow-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	letter := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(letter, []byte("Dear reader"), 0o644); err != nil {
		fmt.Println(err)
		return
	}

	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := make(chan string, 1)
	sent := make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{
			Paths: []string{letter},
			OnEvent: func(e tallow.Event) {
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code // 7-acid-acorn-acre: tell it to the receiver
				}
			},
		})
		sent <- err
	}()

	result, err := client.Receive(ctx, tallow.ReceiveOptions{
		Code:   <-code,
		Output: filepath.Join(dir, "inbox") + string(os.PathSeparator),
	})
	fmt.Println(result.Files, "file,", result.Bytes, "bytes:", err)
	fmt.Println("the sender knows:", <-sent)
	data, err := os.ReadFile(filepath.Join(dir, "inbox", "letter.txt"))
	fmt.Println(string(data), err)
	// Output:
	// 1 file, 11 bytes: <nil>
	// the sender knows: <nil>
	// Dear reader <nil>
}

// A stream whose length nobody knows beforehand, such as the output of another
// program, and a receiver that wants it in a writer.
func ExampleClient_Send_stream() {
	ctx := context.Background()
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := make(chan string, 1)
	sent := make(chan error, 1)
	go func() {
		_, err := client.Send(ctx, tallow.SendOptions{
			Stream:     strings.NewReader("one, two, three"),
			StreamName: "count.txt",
			OnEvent: func(e tallow.Event) {
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code
				}
			},
		})
		sent <- err
	}()
	var got strings.Builder
	_, err = client.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Writer: &got})
	fmt.Println(got.String(), err, <-sent)
	// Output: one, two, three <nil> <nil>
}

// Asking a person first, and telling errors apart.
func ExampleClient_Receive() {
	client, err := tallow.New(tallow.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Receive(context.Background(), tallow.ReceiveOptions{
		Code:   "7-acid-acron-acre", // a slip of the finger
		Output: "inbox/",
		Accept: func(_ context.Context, o tallow.Offer) (bool, error) {
			return o.Bytes < 1<<30, nil
		},
		OnConflict: tallow.ConflictRename,
	})
	if e, ok := err.(*tallow.Error); ok {
		fmt.Println(e.Kind)
		fmt.Println(e.Message)
		fmt.Println(e.Hint)
	}
	// Output:
	// code
	// "acron" is not a word of a code
	// Did you mean acorn, apron or iron?
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
	m := tallow.NewTransferManager(ctx, client, func(e tallow.TransferEvent) {
		if c, ok := e.Event.(tallow.CodeEvent); ok {
			codes <- c.Code
		}
	})
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
