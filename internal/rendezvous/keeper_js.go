package rendezvous

import (
	"context"
	"errors"
	"io"
	"net/textproto"
	"net/url"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
)

// keeper makes requests by the browser, which keeps the connections.
type keeper struct {
	held promise.Held // by JavaScript: bodies of requests and answers
}

func newKeeper(*network) keeper { return keeper{} }

func newForeignKeeper(*network) *keeper { return &keeper{} }

func (*keeper) close() {}

func (k *keeper) do(ctx context.Context, u *url.URL, q HTTPRequest) (*HTTPResponse, error) {
	if q.Sending != nil && q.Body != nil {
		r, err := k.upload(ctx, u, q)
		if !errors.Is(err, errNoUploader) {
			return r, err
		}
		if err := q.Sending(ctx, int(q.Body.Size())); err != nil {
			return nil, &sendingError{err}
		}
	}
	abort := js.Global().Get("AbortController").New()
	headers := map[string]any{}
	for name := range q.Header {
		if name != "User-Agent" {
			headers[name] = q.Header.Get(name)
		}
	}
	options := map[string]any{
		"method": q.Method, "headers": headers, "signal": abort.Get("signal"),
		"redirect": "manual", "cache": "no-store", "credentials": "omit",
	}
	if q.Body != nil {
		body, err := bytesOf(q.Body)
		if err != nil {
			return nil, &sendingError{err}
		}
		options["body"] = body
	}
	resp, err := promise.Await(ctx, js.Global().Call("fetch", u.String(), options))
	if err != nil {
		abort.Call("abort")
		return nil, err
	}
	r := &HTTPResponse{Status: resp.Get("status").Int(), Header: textproto.MIMEHeader{}}
	each := js.FuncOf(func(_ js.Value, args []js.Value) any {
		r.Header.Set(args[1].String(), args[0].String())
		return nil
	})
	defer each.Release()
	resp.Get("headers").Call("forEach", each)
	r.Body = &streamBody{ctx: ctx, abort: abort, held: &k.held}
	if stream := resp.Get("body"); !stream.IsNull() {
		r.Body = &streamBody{ctx: ctx, abort: abort, held: &k.held, reader: stream.Call("getReader")}
	}
	return r, nil
}

// bytesOf returns what is in a body, as a Uint8Array.
func bytesOf(b Body) (js.Value, error) {
	all := js.Global().Get("Uint8Array").New(b.Size())
	piece := make([]byte, min(b.Size(), 1<<20))
	for at := int64(0); at < b.Size(); at += int64(len(piece)) {
		piece = piece[:min(int64(len(piece)), b.Size()-at)]
		if _, err := io.ReadFull(b, piece); err != nil {
			return js.Value{}, err
		}
		js.CopyBytesToJS(all.Call("subarray", at), piece)
	}
	return all, nil
}

// streamBody reads a ReadableStream.
type streamBody struct {
	ctx    context.Context // of the request
	abort  js.Value
	reader js.Value // undefined: there is nothing
	rest   []byte
	held   *promise.Held
}

// Read reads from the stream.
func (b *streamBody) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.reader.IsUndefined() {
			return 0, io.EOF
		}
		part, err := promise.Await(b.ctx, b.reader.Call("read"))
		if err != nil {
			return 0, err
		}
		if part.Get("done").Bool() {
			return 0, io.EOF
		}
		b.rest = make([]byte, part.Get("value").Length())
		js.CopyBytesToGo(b.rest, part.Get("value"))
		b.held.LetGo(len(b.rest))
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close ends the request.
func (b *streamBody) Close() error {
	b.abort.Call("abort")
	return nil
}
