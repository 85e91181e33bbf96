package rendezvous

import (
	"context"
	"net/textproto"
	"net/url"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// network is how a client reaches the network: by the browser's fetch and its
// WebSockets.
type network struct{}

func newNetwork(bool, DialFunc) network { return network{} }

// webSockets returns the dialer of the browser's WebSockets.
func (*network) webSockets() (Dialer, error) { return webSocketDialer{}, nil }

// do makes one HTTP request by fetch, which sets the User-Agent itself.
func (*network) do(ctx context.Context, r request) (answer, error) {
	abort := js.Global().Get("AbortController").New()
	defer abort.Call("abort")
	headers := map[string]any{}
	for name := range r.header {
		if name != "User-Agent" {
			headers[name] = r.header.Get(name)
		}
	}
	options := map[string]any{
		"method": r.method, "headers": headers, "signal": abort.Get("signal"),
		"redirect": "manual", "cache": "no-store", "credentials": "omit",
	}
	if len(r.body) > 0 {
		options["body"] = string(r.body)
	}
	resp, err := promise.Await(ctx, js.Global().Call("fetch", r.url.String(), options))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.Get("status").Int(), header: textproto.MIMEHeader{}}
	each := js.FuncOf(func(_ js.Value, args []js.Value) any {
		a.header.Set(args[1].String(), args[0].String())
		return nil
	})
	defer each.Release()
	resp.Get("headers").Call("forEach", each)
	a.body, err = readBody(ctx, resp.Get("body"), wire.MaxRoomBody+1)
	return a, err
}

// readBody reads at most limit bytes of a body, a ReadableStream or null.
func readBody(ctx context.Context, body js.Value, limit int) (b []byte, err error) {
	if body.IsNull() {
		return nil, nil
	}
	reader := body.Call("getReader")
	for len(b) < limit {
		part, err := promise.Await(ctx, reader.Call("read"))
		if err != nil {
			return nil, err
		}
		if part.Get("done").Bool() {
			break
		}
		chunk := make([]byte, part.Get("value").Length())
		js.CopyBytesToGo(chunk, part.Get("value"))
		b = append(b, chunk...)
	}
	return b[:min(len(b), limit)], nil
}

// pin does nothing: the browser decides which relays it trusts. Who makes a client
// for it refuses pins.
func (*network) pin(string, []Pin) {}

// isOffline reports false: a browser does not tell.
func isOffline(error) bool { return false }

// proxyName returns "": a browser does not tell.
func (*network) proxyName(*url.URL) string { return "" }

// resolvesLocally reports false: a browser does not tell what a name stands for.
func (*network) resolvesLocally(context.Context, string) bool { return false }
