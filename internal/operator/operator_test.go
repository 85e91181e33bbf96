package operator_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/operator"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// An operator sees what is stored and takes it down, with a running relay and without.
func TestOperator(t *testing.T) {
	dir := shortDir(t)
	disk, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	service := stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1})
	if _, err := operator.Dial(t.Context(), dir); !errors.Is(err, operator.ErrNoRelay) {
		t.Errorf("without a relay: %v", err)
	}
	listener, err := operator.Listen(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- operator.Serve(ctx, listener, service, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	if info, err := os.Stat(filepath.Join(dir, "operator")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	client, err := operator.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	removed := look(t, service, client)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), removed) {
		t.Errorf("the log does not name %s: %s", removed, log.String())
	}
	look(t, service, operator.Local{Service: service})
}

// A socket that a killed relay has left is replaced.
func TestSocketIsReplaced(t *testing.T) {
	dir := shortDir(t)
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "operator")})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	_ = left.Close()
	listener, err := operator.Listen(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
}

// shortDir returns a folder with a short name: a socket's path has little room.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "op")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// transfers is what an operator can do, with a relay and without.
type transfers interface {
	Each(ctx context.Context, visit func(operator.Transfer) error) error
	Find(ctx context.Context, id stored.ID) (operator.Transfer, error)
	Remove(ctx context.Context, id stored.ID) error
}

// look stores two transfers, looks at them, and removes them. It returns the ID of one.
func look(t *testing.T, s *stored.Service, o transfers) string {
	t.Helper()
	owner := stored.Secret{1}
	first, err := s.Create(t.Context(), stored.Request{Size: 1000, Owner: sha256.Sum256(owner[:]), Proof: stored.Hash{2}, Client: "192.0.2.1", Downloads: 3})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Create(t.Context(), stored.Request{Size: 1000, Owner: sha256.Sum256(owner[:]), Proof: stored.Hash{2}})
	if err == nil {
		err = s.Put(t.Context(), second.ID, owner, 0, bytes.NewReader(make([]byte, 10)), 10)
	}
	if err == nil {
		_, err = s.Finish(t.Context(), second.ID, owner, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]operator.Transfer)
	if err := o.Each(t.Context(), func(t operator.Transfer) error { got[t.ID] = t; return nil }); err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if v := got[first.ID.String()]; v.Complete || v.Size != 1000 || v.Downloads != 3 || !v.Expires.Equal(first.Expires) || v.Created.IsZero() {
		t.Errorf("the first is %+v", v)
	}
	if v := got[second.ID.String()]; !v.Complete || v.Size != 10 {
		t.Errorf("the second is %+v", v)
	}
	end := errors.New("end")
	if err := o.Each(t.Context(), func(operator.Transfer) error { return end }); !errors.Is(err, end) {
		t.Errorf("a visit that ends: %v", err)
	}
	if v, err := o.Find(t.Context(), second.ID); err != nil || v.Size != 10 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, id := range []stored.ID{first.ID, second.ID} {
		if err := o.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
		if _, err := o.Find(t.Context(), id); !errors.Is(err, stored.ErrUnknown) {
			t.Errorf("what was removed: %v", err)
		}
		if err := o.Remove(t.Context(), id); !errors.Is(err, stored.ErrUnknown) {
			t.Errorf("what was removed, again: %v", err)
		}
	}
	if parts, err := s.Sweep(t.Context()); err != nil || parts != 0 {
		t.Errorf("%d are left, %v", parts, err)
	}
	return first.ID.String()
}

// What is said of a transfer names nobody.
func TestTransferNamesNobody(t *testing.T) {
	dir := shortDir(t)
	disk, err := diskstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	s := stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1})
	r, err := s.Create(t.Context(), stored.Request{Size: 1, Owner: stored.Hash{1}, Proof: stored.Hash{2}, Client: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := operator.Local{Service: s}.Find(t.Context(), r.ID)
	want := operator.Transfer{ID: r.ID.String(), Created: r.Created, Expires: r.Created.Add(24 * time.Hour), Size: 1}
	if err != nil || v != want {
		t.Errorf("%+v, want %+v; %v", v, want, err)
	}
}
