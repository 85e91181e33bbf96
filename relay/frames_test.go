package relay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/gorilla/websocket"
)

// said is what a peer has said in frames.
type said struct {
	messages []string // its messages, each after its type
	controls []byte   // the opcodes of its pings and pongs
	goodbye  bool     // it has closed its WebSocket in order
}

func (s said) equal(other said) bool {
	return slices.Equal(s.messages, other.messages) && bytes.Equal(s.controls, other.controls) && s.goodbye == other.goodbye
}

// skips reports whether the message of a number is to be discarded unread.
func skips(which byte, number int) bool { return which>>(number%8)&1 == 1 }

// hear reads frames until they end, but not the bytes of the messages that skip says.
func hear(conn io.Reader, skip byte, longest int) said {
	var s said
	f := frames{
		conn: conn, control: func(opcode byte) { s.controls = append(s.controls, opcode) },
		frame: frameHead{final: true},
	}
	buf := make([]byte, longest+1)
	for number := 0; ; number++ {
		kind, err := f.next()
		if err != nil {
			s.goodbye = websocket.IsCloseError(err, websocket.CloseNormalClosure)
			return s
		}
		if skips(skip, number) {
			continue
		}
		n, err := f.body(buf, unheard)
		if err != nil {
			s.goodbye = websocket.IsCloseError(err, websocket.CloseNormalClosure)
			return s
		}
		s.messages = append(s.messages, string(append([]byte{kind}, buf[:n]...)))
	}
}

// hijacked is a connection and a ResponseWriter that gives it away.
type hijacked struct {
	http.ResponseWriter
	net.Conn
	from io.Reader
}

func (h hijacked) Read(b []byte) (int, error)  { return h.from.Read(b) }
func (h hijacked) Write(b []byte) (int, error) { return len(b), nil }
func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h, bufio.NewReadWriter(bufio.NewReader(h), bufio.NewWriter(h)), nil
}

// hearGorilla is hear by the WebSocket library.
func hearGorilla(t *testing.T, conn io.Reader, skip byte) said {
	var s said
	ours, theirs := net.Pipe() // for deadlines
	defer ours.Close()
	defer theirs.Close()
	req := httptest.NewRequest(http.MethodGet, "/ws", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-Websocket-Version": "13", "Sec-Websocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		req.Header.Set(name, value)
	}
	var upgrader websocket.Upgrader
	c, err := upgrader.Upgrade(hijacked{httptest.NewRecorder(), ours, conn}, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SetPingHandler(func(string) error { s.controls = append(s.controls, websocket.PingMessage); return nil })
	c.SetPongHandler(func(string) error { s.controls = append(s.controls, websocket.PongMessage); return nil })
	c.SetCloseHandler(func(int, string) error { return nil })
	for number := 0; ; number++ {
		kind, body, err := c.NextReader()
		if err != nil {
			s.goodbye = websocket.IsCloseError(err, websocket.CloseNormalClosure)
			return s
		}
		if skips(skip, number) {
			continue
		}
		b, err := io.ReadAll(body)
		if err != nil {
			s.goodbye = websocket.IsCloseError(err, websocket.CloseNormalClosure)
			return s
		}
		s.messages = append(s.messages, string(append([]byte{byte(kind)}, b...)))
	}
}

// masked returns a frame of a client, by a naive reading of the RFC.
func masked(first byte, key [4]byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 65536:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = append(b, 0x80|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	b = append(b, key[:]...)
	for i := range payload {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

var (
	someKey = [4]byte{0x37, 0xfa, 0x21, 0x3d} // of the example in RFC 6455, section 5.7
	noKey   = [4]byte{}
)

// script is frames, one after the other.
func script(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func frameScripts() map[string][]byte {
	long := string(bytes.Repeat([]byte("0123456789abcde"), 5000))
	return map[string][]byte{
		"the Hello of the RFC":         {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58},
		"the Hello in two fragments":   script(masked(0x01, someKey, "Hel"), masked(0x80, noKey, "lo")),
		"a ping between fragments":     script(masked(0x02, someKey, "a"), masked(0x89, someKey, "?"), masked(0x80, someKey, "b")),
		"lengths of every form":        script(masked(0x82, someKey, long[:125]), masked(0x82, noKey, long[:126]), masked(0x82, someKey, long[:65535]), masked(0x82, noKey, long[:65536])),
		"nothing":                      masked(0x82, someKey, ""),
		"a goodbye":                    script(masked(0x82, someKey, "x"), masked(0x88, someKey, "\x03\xe8"), masked(0x82, someKey, "y")),
		"a goodbye in a message":       script(masked(0x02, someKey, "x"), masked(0x88, someKey, "\x03\xe8")),
		"a close without a code":       masked(0x88, someKey, ""),
		"a close of one byte":          masked(0x88, someKey, "\x03"),
		"a close that is not UTF-8":    masked(0x88, someKey, "\x03\xe8\xff"),
		"not masked":                   {0x82, 1, 'x'},
		"a reserved bit":               masked(0xc2, someKey, "x"),
		"a reserved opcode":            masked(0x83, someKey, "x"),
		"a continuation of nothing":    masked(0x80, someKey, "x"),
		"a message within another":     script(masked(0x02, someKey, "x"), masked(0x82, someKey, "y")),
		"a fragment of a ping":         masked(0x09, someKey, "x"),
		"a long ping":                  masked(0x89, someKey, long[:126]),
		"a length with its top bit":    {0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'x'},
		"a message that is cut off":    masked(0x82, someKey, "abc")[:8],
		"a head that is cut off":       masked(0x82, someKey, long[:300])[:5],
		"pongs, and then a text":       script(masked(0x8a, someKey, ""), masked(0x8a, noKey, "x"), masked(0x81, someKey, "t")),
		"fragments, of which one is 0": script(masked(0x02, someKey, ""), masked(0x00, noKey, "x"), masked(0x80, someKey, "")),
	}
}

// The relay hears what the WebSocket library hears, however the bytes come.
func TestFrames(t *testing.T) {
	for name, b := range frameScripts() {
		t.Run(name, func(t *testing.T) {
			for _, skip := range []byte{0, 1, 2} {
				want := hearGorilla(t, bytes.NewReader(b), skip)
				for how, conn := range map[string]io.Reader{
					"at once": bytes.NewReader(b), "byte by byte": iotest.OneByteReader(bytes.NewReader(b)),
					"in halves": iotest.HalfReader(bytes.NewReader(b)), "with the end": iotest.DataErrReader(bytes.NewReader(b)),
				} {
					if got := hear(conn, skip, len(b)); !got.equal(want) {
						t.Errorf("%s, skipping %b: %.200v, want %.200v", how, skip, got, want)
					}
				}
			}
		})
	}
}

// FuzzFrames compares what the relay hears with what the library hears.
func FuzzFrames(f *testing.F) {
	for _, b := range frameScripts() {
		f.Add(b, byte(0))
		f.Add(b, byte(0x55))
	}
	f.Fuzz(func(t *testing.T, b []byte, skip byte) {
		want := hearGorilla(t, bytes.NewReader(b), skip)
		got := hear(iotest.HalfReader(bytes.NewReader(b)), skip, len(b))
		if !got.equal(want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// What does not fit is told before it is read, and the next message is found.
func TestFramesTooLarge(t *testing.T) {
	b := script(masked(0x02, someKey, "12"), masked(0x80, someKey, "34"), masked(0x82, someKey, "567"))
	f := frames{conn: bytes.NewReader(b), frame: frameHead{final: true}}
	buf := make([]byte, 4) // for three bytes
	var got []string
	for range 2 {
		if _, err := f.next(); err != nil {
			t.Fatal(err)
		}
		n, err := f.body(buf, unheard)
		if errors.Is(err, errTooLarge) {
			got = append(got, "too large")
		} else {
			got = append(got, string(buf[:n]))
		}
	}
	if !slices.Equal(got, []string{"too large", "567"}) {
		t.Errorf("%q", got)
	}
}

// A message that never ends, of frames without a byte or with pings between them, is
// noticed: its reader is told of each.
func TestFramesWithoutEnd(t *testing.T) {
	for name, more := range map[string][]byte{
		"empty frames": masked(0x00, someKey, ""), "pings": masked(0x89, someKey, ""),
	} {
		t.Run(name, func(t *testing.T) {
			b := append(masked(0x02, someKey, "x"), bytes.Repeat(more, 100)...)
			f := frames{conn: bytes.NewReader(b), control: func(byte) {}, frame: frameHead{final: true}}
			if _, err := f.next(); err != nil {
				t.Fatal(err)
			}
			calls := 0
			_, err := f.body(make([]byte, 10), func() error {
				if calls++; calls == 50 {
					return errTooSlow
				}
				return nil
			})
			if !errors.Is(err, errTooSlow) {
				t.Errorf("%v after %d calls", err, calls)
			}
		})
	}
}

// What was read and belongs to no message is given back, for another node.
func TestFramesLeft(t *testing.T) {
	b := script(masked(0x82, someKey, "join"), masked(0x82, someKey, "more"))
	f := frames{conn: bytes.NewReader(b), frame: frameHead{final: true}}
	if _, err := f.next(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.body(make([]byte, 100), unheard); err != nil {
		t.Fatal(err)
	}
	if want := masked(0x82, someKey, "more"); !bytes.Equal(f.left(), want) {
		t.Errorf("%x, want %x", f.left(), want)
	}
}

func TestUnmask(t *testing.T) {
	for n := range 1100 {
		b, want := make([]byte, n), make([]byte, n)
		for i := range b {
			b[i], want[i] = byte(i*7), byte(i*7)^someKey[i%4]
		}
		unmask(b, someKey)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d bytes: %x, want %x", n, b, want)
		}
	}
}
