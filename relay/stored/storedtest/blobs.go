package storedtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Blobs runs the suite for Blobs. open makes empty ones for each test.
func Blobs(t *testing.T, open func(t *testing.T) stored.Blobs) {
	for name, run := range map[string]func(*testing.T, blobs){
		"a transfer is read from any place":    blobsRead,
		"parts come in any order, and again":   blobsParts,
		"a part that breaks off is not there":  blobsBreak,
		"to finish again changes nothing":      blobsFinish,
		"what is deleted is gone":              blobsDelete,
		"many are deleted at once":             blobsDeleteAll,
		"an upload is deleted":                 blobsAbort,
		"each transfer is visited":             blobsVisit,
		"a part ends with its context":         blobsEnd,
		"there is room, or it is not known":    blobsFree,
		"more than the part has is not put":    blobsLong,
		"an upload that nobody knows of, ends": blobsUnknown,
	} {
		t.Run(name, func(t *testing.T) { run(t, blobs{t, open(t)}) })
	}
}

// blobs are those of a test.
type blobs struct {
	t *testing.T
	stored.Blobs
}

// begin begins a transfer.
func (b blobs) begin() *stored.Record {
	b.t.Helper()
	id := stored.NewID()
	upload, err := b.Begin(b.t.Context(), id)
	must(b.t, err)
	return &stored.Record{ID: id, Upload: upload}
}

func (b blobs) put(r *stored.Record, number int, data []byte) {
	b.t.Helper()
	must(b.t, b.Put(b.t.Context(), *r, number, bytes.NewReader(data), int64(len(data))))
}

// finish finishes a transfer with the parts that are there.
func (b blobs) finish(r *stored.Record) {
	b.t.Helper()
	parts, err := b.Parts(b.t.Context(), *r)
	must(b.t, err)
	must(b.t, b.Finish(b.t.Context(), *r, parts))
	for _, p := range parts {
		r.Parts = append(r.Parts, p.Size)
	}
}

// stores stores parts, and returns all that is in them.
func (b blobs) stores(parts ...[]byte) (*stored.Record, []byte) {
	b.t.Helper()
	r := b.begin()
	for i, p := range parts {
		b.put(r, i, p)
	}
	b.finish(r)
	return r, slices.Concat(parts...)
}

func (b blobs) want(r *stored.Record, offset int64, want []byte) {
	b.t.Helper()
	body, err := b.Read(b.t.Context(), *r, offset, int64(len(want)))
	must(b.t, err)
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(got, want) {
		b.t.Errorf("%d bytes from %d: %d bytes, %v", len(want), offset, len(got), err)
	}
}

func (b blobs) wantParts(r *stored.Record, want ...stored.Part) {
	b.t.Helper()
	got, err := b.Parts(b.t.Context(), *r)
	must(b.t, err)
	if !slices.Equal(got, want) {
		b.t.Errorf("the parts are %v, want %v", got, want)
	}
}

// content returns the bytes of a part that is not the last, n more than it has to have.
func (b blobs) content(n int, seed byte) []byte {
	data := make([]byte, int(b.Shape().MinPart)+n)
	for i := range data {
		data[i] = byte(i>>16) ^ byte(i>>8) ^ byte(i) ^ seed
	}
	return data
}

func blobsRead(t *testing.T, b blobs) {
	first, second, third := b.content(300_000, 1), b.content(1, 2), []byte("end")
	r, whole := b.stores(first, second, third)
	size, edge := len(whole), len(first)
	for _, at := range [][2]int{
		{0, size}, {0, 1}, {1, 5}, {edge - 1, edge}, {edge - 1, edge + 1}, {edge, edge + 1}, {edge - 7, size - 1}, {size - 1, size}, {size, size}, {5, 5},
	} {
		b.want(r, int64(at[0]), whole[at[0]:at[1]])
	}
	_, err := b.Blobs.Read(t.Context(), stored.Record{ID: stored.NewID(), Parts: []int64{5}}, 0, 5)
	wantError(t, "an unknown transfer", err, stored.ErrUnknown)
}

func blobsParts(t *testing.T, b blobs) {
	other, r := b.begin(), b.begin()
	b.put(other, 2, []byte("x"))
	for _, n := range []int{3, 1, 0} {
		b.put(r, n, b.content(n+5, byte(n)))
	}
	b.put(r, 1, b.content(99, 9))
	unit := b.Shape().MinPart
	b.wantParts(r, stored.Part{Number: 0, Size: unit + 5}, stored.Part{Number: 1, Size: unit + 99}, stored.Part{Number: 3, Size: unit + 8})
	b.put(r, 2, b.content(0, 7))
	b.finish(r)
	b.want(r, 0, slices.Concat(b.content(5, 0), b.content(99, 9), b.content(0, 7), b.content(8, 3)))
	b.wantParts(b.begin())
}

func blobsBreak(t *testing.T, b blobs) {
	r, broken := b.begin(), errors.New("broken")
	b.put(r, 0, b.content(10, 1))
	half := b.content(5, 2)
	err := b.Put(t.Context(), *r, 0, io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken)), int64(len(half)+5))
	wantError(t, "a reader that breaks", err, broken)
	err = b.Put(t.Context(), *r, 1, bytes.NewReader(half), int64(len(half)+5))
	wantError(t, "a reader that ends too early", err, io.ErrUnexpectedEOF)
	b.wantParts(r, stored.Part{Number: 0, Size: b.Shape().MinPart + 10})
	b.finish(r)
	b.want(r, 0, b.content(10, 1))
}

func blobsLong(t *testing.T, b blobs) {
	r := b.begin()
	must(t, b.Put(t.Context(), *r, 0, bytes.NewReader(b.content(20, 1)), b.Shape().MinPart+10))
	b.finish(r)
	b.want(r, 0, b.content(10, 1))
}

func blobsFinish(t *testing.T, b blobs) {
	r := b.begin()
	b.put(r, 0, b.content(3, 1))
	parts, err := b.Parts(t.Context(), *r)
	must(t, err)
	for range 3 {
		must(t, b.Finish(t.Context(), *r, parts))
	}
	r.Parts = []int64{parts[0].Size}
	b.want(r, 0, b.content(3, 1))
}

func blobsDelete(t *testing.T, b blobs) {
	for _, orphan := range []bool{false, true} {
		r, _ := b.stores(b.content(10, 1))
		known := *r
		if orphan {
			known = stored.Record{ID: r.ID}
		}
		must(t, b.Delete(t.Context(), known))
		must(t, b.Delete(t.Context(), known))
		_, err := b.Blobs.Read(t.Context(), *r, 0, 5)
		wantError(t, "a deleted transfer", err, stored.ErrUnknown)
	}
}

func blobsDeleteAll(t *testing.T, b blobs) {
	bulk, ok := b.Blobs.(stored.Bulk)
	if !ok {
		return // they are deleted one by one
	}
	stays, whole := b.stores(b.content(10, 1))
	first, _ := b.stores(b.content(10, 2))
	second, _ := b.stores(b.content(10, 3))
	upload := b.begin()
	b.put(upload, 0, b.content(10, 4))
	gone := []stored.Record{*first, *upload, *second, {ID: stored.NewID(), Parts: []int64{5}}}
	for range 2 {
		must(t, bulk.DeleteAll(t.Context(), gone))
	}
	for _, r := range []*stored.Record{first, second} {
		_, err := b.Blobs.Read(t.Context(), *r, 0, 5)
		wantError(t, "a deleted transfer", err, stored.ErrUnknown)
	}
	if parts, err := b.Parts(t.Context(), *upload); len(parts) != 0 || err != nil && !errors.Is(err, stored.ErrUnknown) {
		t.Errorf("the upload has the parts %v, %v", parts, err)
	}
	b.want(stays, 0, whole)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, "DeleteAll", bulk.DeleteAll(ctx, []stored.Record{*stays}), context.Canceled)
	b.want(stays, 0, whole)
}

func blobsAbort(t *testing.T, b blobs) {
	r := b.begin()
	b.put(r, 0, b.content(10, 1))
	must(t, b.Delete(t.Context(), *r))
	must(t, b.Delete(t.Context(), *r))
	parts, err := b.Parts(t.Context(), *r)
	if len(parts) != 0 || err != nil && !errors.Is(err, stored.ErrUnknown) {
		t.Errorf("it has the parts %v, %v", parts, err)
	}
}

func blobsUnknown(t *testing.T, b blobs) {
	parts, err := b.Parts(t.Context(), stored.Record{ID: stored.NewID(), Upload: "unknown"})
	if len(parts) != 0 || err != nil && !errors.Is(err, stored.ErrUnknown) {
		t.Errorf("it has the parts %v, %v", parts, err)
	}
}

func blobsVisit(t *testing.T, b blobs) {
	must(t, b.Each(t.Context(), func(id stored.ID) error {
		t.Errorf("%v was visited where nothing is stored", id)
		return nil
	}))
	first, _ := b.stores(b.content(10, 1))
	second, _ := b.stores(b.content(10, 1))
	gone, _ := b.stores(b.content(10, 1))
	must(t, b.Delete(t.Context(), *gone))
	var got []stored.ID
	must(t, b.Each(t.Context(), func(id stored.ID) error {
		got = append(got, id)
		return nil
	}))
	if len(got) != 2 || !slices.Contains(got, first.ID) || !slices.Contains(got, second.ID) {
		t.Errorf("%v were visited, want %v and %v", got, first.ID, second.ID)
	}
	end := errors.New("end")
	wantError(t, "a visit that ends", b.Each(t.Context(), func(stored.ID) error { return end }), end)
}

func blobsEnd(t *testing.T, b blobs) {
	r := b.begin()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, "Put", b.Put(ctx, *r, 0, bytes.NewReader(b.content(10, 1)), b.Shape().MinPart+10), context.Canceled)
	_, err := b.Begin(ctx, stored.NewID())
	wantError(t, "Begin", err, context.Canceled)
	wantError(t, "Delete", b.Delete(ctx, *r), context.Canceled)
}

func blobsFree(t *testing.T, b blobs) {
	if free, known := b.Free(t.Context()); known && free <= 0 {
		t.Errorf("%d bytes are free", free)
	}
}
