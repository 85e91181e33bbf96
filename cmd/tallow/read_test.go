package main

import (
	"context"
	"errors"
	"os"
	"testing"
)

// A read that is interrupted has ended when readUntil returns, and the file can
// be read from again.
func TestReadUntil(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	one := func() (byte, error) {
		b := make([]byte, 1)
		_, err := r.Read(b)
		return b[0], err
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop, begun, ended := errors.New("stop"), make(chan struct{}), false
	go func() {
		<-begun
		cancel(stop)
	}()
	_, err = readUntil(ctx, r, func() (byte, error) {
		close(begun)
		b, err := one()
		ended = true
		return b, err
	})
	if !errors.Is(err, stop) || !ended {
		t.Errorf("%v; the read has ended: %v", err, ended)
	}
	if _, err := readUntil(ctx, r, one); !errors.Is(err, stop) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if b, err := readUntil(t.Context(), r, one); b != 'x' || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}
