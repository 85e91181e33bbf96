package stored_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

func open(t *testing.T, c stored.Config) *stored.Service {
	t.Helper()
	s, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if c.FreeFloor == 0 {
		c.FreeFloor = 1
	}
	return stored.New(s.Index, s.Blobs, c)
}

func hash(s stored.Secret) stored.Hash { return sha256.Sum256(s[:]) }

func owner() stored.Secret { return stored.Secret{1} }
func proof() stored.Secret { return stored.Secret{2} }

func request(size int64, downloads int) stored.Request {
	return stored.Request{Size: size, Owner: hash(owner()), Proof: hash(proof()), Client: "c", Downloads: downloads}
}

// stores stores three parts of 5, 5 and 3 bytes.
func stores(t *testing.T, s *stored.Service, downloads int) stored.ID {
	t.Helper()
	r, err := s.Create(t.Context(), request(13, downloads))
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []string{"01234", "56789", "abc"} {
		if err := s.Put(t.Context(), r.ID, owner(), i, bytes.NewReader([]byte(part)), int64(len(part))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Finish(t.Context(), r.ID, owner(), 3); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func claim(t *testing.T, s *stored.Service, id stored.ID, name byte) error {
	t.Helper()
	_, err := s.Claim(t.Context(), id, proof(), stored.ClaimID{name})
	return err
}

// An upload may put all of its parts at once, and one of them again while the relay
// still reads the first attempt from a connection that is dead.
func TestPutAtOnce(t *testing.T) {
	s := open(t, stored.Config{})
	const parts = 20
	r, err := s.Create(t.Context(), request(4*parts, 1))
	if err != nil {
		t.Fatal(err)
	}
	dead, w := io.Pipe()
	first := make(chan error, 1)
	go func() { first <- s.Put(t.Context(), r.ID, owner(), 0, dead, 4) }()
	if _, err := w.Write([]byte("x")); err != nil { // it has begun
		t.Fatal(err)
	}
	var putting sync.WaitGroup
	for number := range parts {
		putting.Go(func() {
			if err := s.Put(t.Context(), r.ID, owner(), number, bytes.NewReader([]byte("0123")), 4); err != nil {
				t.Errorf("part %d: %v", number, err)
			}
		})
	}
	putting.Wait()
	go func() { _, _ = w.Write([]byte("yz")) }()
	wantError(t, "the first attempt", <-first, stored.ErrInvalid)
	_ = dead.Close()
	if _, err := s.Finish(t.Context(), r.ID, owner(), parts); err != nil {
		t.Error(err)
	}
}

// A transfer from its sender to its receiver, and what is refused on the way.
func TestStoredAndFetched(t *testing.T) {
	s := open(t, stored.Config{})
	r, err := s.Create(t.Context(), request(13, 1))
	if err != nil {
		t.Fatal(err)
	}
	put := func(token stored.Secret, number int, data string) error {
		return s.Put(t.Context(), r.ID, token, number, bytes.NewReader([]byte(data)), int64(len(data)))
	}
	wantError(t, "another sender", put(stored.Secret{9}, 0, "x"), stored.ErrUnknown)
	wantError(t, "too much at once", put(owner(), 0, "0123456789abcd"), stored.ErrTooLarge)
	wantError(t, "a negative number", put(owner(), -1, "0"), stored.ErrInvalid)
	for i, part := range []string{"01234", "56789"} {
		if err := put(owner(), i, part); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "too much in all", put(owner(), 2, "abcd"), stored.ErrTooLarge)
	_, err = s.Finish(t.Context(), r.ID, owner(), 3)
	wantError(t, "a part missing", err, stored.ErrIncomplete)
	_, err = s.Offer(t.Context(), r.ID, 3)
	wantError(t, "an offer of what is not complete", err, stored.ErrIncomplete)
	wantError(t, "a claim of what is not complete", claim(t, s, r.ID, 1), stored.ErrIncomplete)
	_, parts, err := s.State(t.Context(), r.ID, owner())
	if err != nil || len(parts) != 2 {
		t.Errorf("the parts are %v, %v", parts, err)
	}
	if err := put(owner(), 2, "abc"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Finish(t.Context(), r.ID, owner(), 3); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "a part of what is complete", put(owner(), 0, "x"), stored.ErrCompleted)

	offer, err := s.Offer(t.Context(), r.ID, 7)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(offer); string(b) != "0123456" || err != nil {
		t.Errorf("the offer is %q, %v", b, err)
	}
	_ = offer.Close()
	_, err = s.Claim(t.Context(), r.ID, stored.Secret{8}, stored.ClaimID{1})
	wantError(t, "a wrong key", err, stored.ErrProof)
	_, err = s.Open(t.Context(), r.ID, stored.ClaimID{1})
	wantError(t, "a read without a claim", err, stored.ErrNoClaim)
	wantError(t, "a commit without a claim", s.Commit(t.Context(), r.ID, stored.ClaimID{1}), stored.ErrNoClaim)
	for range 3 { // by the same receiver, which was interrupted
		if err := claim(t, s, r.ID, 1); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "a second receiver meanwhile", claim(t, s, r.ID, 2), stored.ErrBusy)
	c, err := s.Open(t.Context(), r.ID, stored.ClaimID{1})
	if err != nil || c.Size != 13 {
		t.Fatalf("%d bytes, %v", c.Size, err)
	}
	for _, part := range []struct {
		offset, n int64
		want      string
	}{{0, 13, "0123456789abc"}, {4, 2, "45"}, {5, 5, "56789"}, {12, 1, "c"}, {13, 0, ""}, {3, 9, "3456789ab"}} {
		read, err := c.Read(t.Context(), part.offset, part.n)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(read); string(b) != part.want || err != nil {
			t.Errorf("%d bytes from %d: %q, %v", part.n, part.offset, b, err)
		}
		_ = read.Close()
	}
	_, err = c.Read(t.Context(), 10, 4)
	wantError(t, "a read beyond the end", err, stored.ErrInvalid)
	for range 2 {
		if err := s.Commit(t.Context(), r.ID, stored.ClaimID{1}); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "one more", claim(t, s, r.ID, 2), stored.ErrSpent)
	if err := claim(t, s, r.ID, 1); err != nil {
		t.Errorf("the same again, after its commit: %v", err)
	}
	got, _, err := s.State(t.Context(), r.ID, owner())
	if err != nil || got.Done != 1 || got.Reserved != 0 {
		t.Errorf("its sender sees %+v, %v", got, err)
	}
	wantError(t, "a deletion by another", s.Delete(t.Context(), r.ID, stored.Secret{9}), stored.ErrUnknown)
	if err := s.Delete(t.Context(), r.ID, owner()); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.State(t.Context(), r.ID, owner())
	wantError(t, "what was deleted", err, stored.ErrUnknown)
}

// Of twenty receivers at once exactly as many get it as may.
func TestExactlyAsManyDownloads(t *testing.T) {
	s := open(t, stored.Config{})
	id := stores(t, s, 3)
	var got atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			name := stored.ClaimID{byte(i)}
			if _, err := s.Claim(t.Context(), id, proof(), name); err != nil {
				if !errors.Is(err, stored.ErrBusy) && !errors.Is(err, stored.ErrSpent) {
					t.Error(err)
				}
				return
			}
			if err := s.Commit(t.Context(), id, name); err != nil {
				t.Error(err)
			}
			got.Add(1)
		})
	}
	all.Wait()
	if got.Load() != 3 {
		t.Errorf("%d got it, want 3", got.Load())
	}
}

// Everything ends when its time is over, to the second.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, stored.Config{DefaultLife: time.Hour, MaxLife: 2 * time.Hour, ClaimLife: 10 * time.Minute, UploadPatience: 30 * time.Minute})
		id := stores(t, s, 1)
		if err := claim(t, s, id, 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute - time.Second)
		wantError(t, "a second receiver, before the claim is over", claim(t, s, id, 2), stored.ErrBusy)
		if _, err := s.Open(t.Context(), id, stored.ClaimID{1}); err != nil {
			t.Errorf("a read keeps the claim: %v", err)
		}
		time.Sleep(10*time.Minute - time.Second)
		wantError(t, "a second receiver, after the read", claim(t, s, id, 2), stored.ErrBusy)
		time.Sleep(time.Second)
		_, err := s.Open(t.Context(), id, stored.ClaimID{1})
		wantError(t, "a read, once the claim is over", err, stored.ErrNoClaim)
		if err := claim(t, s, id, 2); err != nil {
			t.Errorf("a second receiver, once the claim is over: %v", err)
		}
		time.Sleep(40 * time.Minute) // an hour less a second in all
		_, _, err = s.State(t.Context(), id, owner())
		wantError(t, "a second before the end", err, nil)
		if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("%d are swept too early, %v", n, err)
		}
		time.Sleep(time.Second)
		_, _, err = s.State(t.Context(), id, owner())
		wantError(t, "at the end", err, stored.ErrUnknown)
		wantError(t, "a claim at the end", claim(t, s, id, 1), stored.ErrUnknown)
		if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("%d are swept, %v", n, err)
		}
		longer := stores(t, s, 1)
		r, err := s.Extend(t.Context(), longer, owner(), 100*time.Hour)
		if err != nil || time.Until(r.Expires) != 2*time.Hour {
			t.Errorf("extended to %v, %v", time.Until(r.Expires), err)
		}
		left, err := s.Create(t.Context(), request(13, 1))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("%d are swept, want the upload that was given up; %v", n, err)
		}
		_, _, err = s.State(t.Context(), left.ID, owner())
		wantError(t, "an upload that was given up", err, stored.ErrUnknown)
		_, _, err = s.State(t.Context(), longer, owner())
		wantError(t, "the one that lives longer", err, nil)
	})
}

func TestQuotas(t *testing.T) {
	s := open(t, stored.Config{PerTransfer: 50, Limits: stored.Limits{Total: 100, PerClient: 60}})
	_, err := s.Create(t.Context(), request(51, 0))
	wantError(t, "a large one", err, stored.ErrTooLarge)
	for _, q := range []stored.Request{{}, request(0, 0), request(5, -1), request(5, stored.MaxDownloads+1)} {
		_, err := s.Create(t.Context(), q)
		wantError(t, "an invalid one", err, stored.ErrInvalid)
	}
	if _, err := s.Create(t.Context(), request(50, 0)); err != nil {
		t.Fatal(err)
	}
	_, err = s.Create(t.Context(), request(11, 0))
	wantError(t, "more than a client may have", err, stored.ErrClientQuota)
	other := request(50, 0)
	other.Client = "d"
	if _, err := s.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	other.Client, other.Size = "e", 1
	_, err = s.Create(t.Context(), other)
	wantError(t, "more than there may be", err, stored.ErrFull)

	full := open(t, stored.Config{FreeFloor: 1 << 60})
	_, err = full.Create(t.Context(), request(1, 0))
	wantError(t, "a disk below its floor", err, stored.ErrFull)
}

// Parts that belong to nothing, as a kill can leave them, are swept.
func TestOrphans(t *testing.T) {
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	s := stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1})
	id, orphan := stores(t, s, 1), stored.NewID()
	if err := disk.Blobs.Put(t.Context(), stored.Record{ID: orphan}, 0, bytes.NewReader([]byte("x")), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left []stored.ID
	err = disk.Blobs.Each(t.Context(), func(id stored.ID) error { left = append(left, id); return nil })
	if err != nil || len(left) != 1 || left[0] != id {
		t.Errorf("%v are left, want %v; %v", left, id, err)
	}
}

// Ids are 32 digits in one form.
func TestParseID(t *testing.T) {
	id := stored.NewID()
	if got, ok := stored.ParseID(id.String()); !ok || got != id {
		t.Errorf("%v becomes %v", id, got)
	}
	for _, text := range []string{"", "0", id.String()[:31], id.String() + "0", "../../../../../../../etc/passwd0", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB"} {
		if _, ok := stored.ParseID(text); ok {
			t.Errorf("%q is an ID", text)
		}
	}
}
