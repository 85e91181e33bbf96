package relay

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// The request that one node makes to another, as docs/protocol.md has it.
const nodeRequest = "GET /ws HTTP/1.1\r\n" +
	"Host: node\r\n" +
	"Authorization: Tallow CAIBATc\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-Websocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
	"Sec-Websocket-Version: 13\r\n" +
	"Tallow-Client: 192.0.2.1\r\n" +
	"Tallow-Node: 00112233445566778899aabbccddeeff\r\n" +
	"Upgrade: websocket\r\n\r\n"

func TestNodeRequest(t *testing.T) {
	links, err := newNodeLinks(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer far.Close()
	got := make(chan []byte, 1)
	go func() {
		conn := tls.Server(far, links.server)
		request := make([]byte, len(nodeRequest))
		_, _ = io.ReadFull(conn, request)
		got <- request
		_ = far.Close()
	}()
	home := &roomstore.Record{Home: "00112233445566778899aabbccddeeff"}
	_, _ = ask(tls.Client(near, links.client), home.Home, netip.MustParseAddr("192.0.2.1"), asReceiver("7"))
	if request := <-got; string(request) != nodeRequest {
		t.Errorf("the request is\n%s\nwant\n%s", request, nodeRequest)
	}
}

// FuzzNodeRequest gives a node any request of another.
func FuzzNodeRequest(f *testing.F) {
	f.Add([]byte(nodeRequest))
	f.Add([]byte(strings.Replace(nodeRequest, "192.0.2.1", "invalid IP", 1)))
	f.Add([]byte(strings.Replace(nodeRequest, "CAIBATc", "CAIDAAAA", 1)))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = listener.Close() })
	config := unlimited()
	config.Cluster = &Cluster{Store: roomstore.NewMemory(), Listener: listener, Address: "host:1", Secret: testSecret}
	r, err := New(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.Close() })
	if err := r.node.beat(f.Context()); err != nil {
		f.Fatal(err)
	}
	r.node.id = "00112233445566778899aabbccddeeff"
	server := r.newNodeServer()
	f.Fuzz(func(t *testing.T, b []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		server.Handler.ServeHTTP(w, req)
		if w.Code < 300 || w.Code > 599 {
			t.Fatalf("%q is answered with %d", b, w.Code)
		}
	})
}
