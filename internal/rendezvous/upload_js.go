package rendezvous

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/textproto"
	"net/url"
	"strings"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/promise"
)

var (
	// errUpload is an upload that failed. A browser does not tell why.
	errUpload = errors.New("the browser could not send it")
	// errNoUploader says that no worker for an upload has started.
	errNoUploader = errors.New("the browser starts no worker for it")
)

// uploaderTimeout is how long a worker may take to start.
const uploaderTimeout = 10 * time.Second

// startUpload is the function of the global object that has a worker started for one
// upload, and returns what stands for it: web/page/worker.js defines it, the page starts the
// worker (web/page/uploads.js), and web/page/upload.js is that worker.
const startUpload = "startUpload"

// upload makes a request whose Sending is told of what was sent: with 0 before anything
// is, since it may wait, and then with each piece. A worker of its own makes it, which
// takes the body along when it ends: a browser may hold the bodies of requests for long.
func (*keeper) upload(ctx context.Context, u *url.URL, q HTTPRequest) (*HTTPResponse, error) {
	if err := q.Sending(ctx, 0); err != nil {
		return nil, &sendingError{err}
	}
	messages := promise.NewInbox()
	receive := js.FuncOf(func(_ js.Value, args []js.Value) any {
		messages.Put(args[0].Get("data")) // null for an error
		return nil
	})
	defer receive.Release()
	var worker js.Value
	if err := promise.Try(func() { worker = js.Global().Call(startUpload) }); err != nil {
		return nil, errNoUploader
	}
	defer worker.Call("terminate")
	worker.Set("onmessage", receive)
	defer worker.Set("onmessage", js.Null())
	started := false
	told, size := 0, int(q.Body.Size())
	tell := func(sent int) error {
		n := min(sent, size) - told
		if n <= 0 {
			return nil
		}
		told += n
		if err := q.Sending(ctx, n); err != nil {
			return &sendingError{err}
		}
		return nil
	}
	late := time.NewTimer(uploaderTimeout)
	defer late.Stop()
	for {
		select {
		case <-messages.Arrived():
			late.Stop()
		case <-late.C:
			return nil, errNoUploader
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		for m, ok := messages.Take(); ok; m, ok = messages.Take() {
			switch {
			case m.Type() != js.TypeObject && !started:
				return nil, errNoUploader
			case m.Type() != js.TypeObject || m.Get("failed").Truthy():
				return nil, errUpload
			case m.Get("started").Truthy(): // the body is read from here on, once
				started = true
				if err := postUpload(worker, u, q); err != nil {
					return nil, err
				}
				continue
			case m.Get("status").Type() == js.TypeNumber:
				r := uploadResponse(m)
				if r.Status >= 300 {
					return r, nil
				}
				return r, tell(size)
			}
			if err := tell(m.Get("sent").Int()); err != nil {
				return nil, err
			}
		}
	}
}

// postUpload gives a worker the request. The body is the worker's from then on.
func postUpload(worker js.Value, u *url.URL, q HTTPRequest) error {
	headers := map[string]any{}
	for name := range q.Header {
		if name != "User-Agent" {
			headers[name] = q.Header.Get(name)
		}
	}
	body, err := bytesOf(q.Body)
	if err != nil {
		return &sendingError{err}
	}
	return promise.Try(func() {
		worker.Call("postMessage", map[string]any{"method": q.Method, "url": u.String(), "headers": headers, "body": body}, []any{body.Get("buffer")})
	})
}

// uploadResponse returns the answer of which a worker tells.
func uploadResponse(m js.Value) *HTTPResponse {
	r := &HTTPResponse{Status: m.Get("status").Int(), Header: textproto.MIMEHeader{}}
	for line := range strings.SplitSeq(m.Get("headers").String(), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			r.Header.Set(name, strings.TrimSpace(value))
		}
	}
	array := js.Global().Get("Uint8Array").New(m.Get("body"))
	body := make([]byte, array.Length())
	js.CopyBytesToGo(body, array)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}
