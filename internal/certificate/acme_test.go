package certificate

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

// acmePatience is how long pebble may take to do something.
const acmePatience = time.Minute

const domain = "relay.acme.test"

// A certificate comes from an authority, by a challenge on the TLS port or on the port
// of HTTP, and is kept: a relay that starts again needs no authority.
func TestACME(t *testing.T) {
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			secure, plain := listen(t), listen(t)
			tlsPort, httpPort := portOf(secure), 1
			if challenge == "http-01" {
				tlsPort, httpPort = 1, portOf(plain) // nothing answers at 1
			}
			authority := startPebble(t, tlsPort, httpPort)
			config := ACMEConfig{
				Domains: []string{domain}, Email: "operator@acme.test", Cache: filepath.Join(t.TempDir(), "acme"),
				Directory: authority.url, Roots: authority.Roots, Logger: slog.New(slog.DiscardHandler),
			}
			a := NewACME(config)
			if err := a.Check(); err == nil {
				t.Error("it is ready without a certificate")
			}
			serveTLS(t, secure, a)
			servePlain(t, plain, a.HTTPHandler(http.NotFoundHandler()))
			maintain(t, a)
			within(t, func() error { return a.Check() })
			first := handshake(t, secure, domain)
			if named := handshake(t, secure, ""); !slices.Equal(first, named) {
				t.Error("a client that names no server gets another certificate")
			}

			authority.stop()
			again := NewACME(config)
			maintain(t, again)
			within(t, func() error { return again.Check() })
			other := listen(t)
			serveTLS(t, other, again)
			if !slices.Equal(first, handshake(t, other, domain)) {
				t.Error("it has another certificate after a restart")
			}
			conn, err := tls.Dial("tcp", other.Addr().String(), &tls.Config{ServerName: "other.acme.test", InsecureSkipVerify: true})
			if err == nil {
				_ = conn.Close()
				t.Error("it has a certificate for a name that is not its own")
			}
		})
	}
}

// An authority that cannot be reached is named by Check.
func TestACMEWithoutAuthority(t *testing.T) {
	a := NewACME(ACMEConfig{
		Domains: []string{domain}, Cache: t.TempDir(), Directory: "https://127.0.0.1:1/dir", Logger: slog.New(slog.DiscardHandler),
	})
	maintain(t, a)
	within(t, func() error {
		if err := a.Check(); err == nil || !strings.Contains(err.Error(), "refused") {
			return fmt.Errorf("check says %v", err)
		}
		return nil
	})
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// freeAddr is the address of a port that was free a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

func serveTLS(t *testing.T, l net.Listener, source Source) {
	t.Helper()
	server := &http.Server{
		Handler: http.NotFoundHandler(), TLSConfig: ServerConfig(source, false),
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
}

// servePlain serves HTTP as if it were at port 80, which the name of the host is
// without.
func servePlain(t *testing.T, l net.Listener, handler http.Handler) {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Host, _, _ = strings.Cut(req.Host, ":")
		handler.ServeHTTP(w, req)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
}

func maintain(t *testing.T, s Source) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Maintain(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// within calls f until it succeeds.
func within(t *testing.T, f func() error) {
	t.Helper()
	deadline := time.Now().Add(acmePatience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-tick.C
	}
}

// handshake returns the certificate that a client gets.
func handshake(t *testing.T, l net.Listener, name string) []byte {
	t.Helper()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Raw
}

// pebble is a test authority.
type pebble struct {
	certificatetest.Pair // of its own server

	url  string
	stop func()
}

// startPebble runs Debian's pebble, which validates at two ports of this machine.
func startPebble(t *testing.T, tlsPort, httpPort int) pebble {
	t.Helper()
	program, err := exec.LookPath("pebble")
	if err != nil {
		if os.Getenv("TALLOW_TEST_REQUIRE_NET") != "" {
			t.Fatal("pebble is missing")
		}
		t.Skip("pebble is not installed: Debian's package pebble")
	}
	folder := t.TempDir()
	p := pebble{Pair: certificatetest.New(t, "127.0.0.1")}
	cert, key := write(t, folder, p.Pair)
	addr := freeAddr(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": addr, "managementListenAddress": freeAddr(t), "certificate": cert, "privateKey": key,
		"httpPort": httpPort, "tlsPort": tlsPort,
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-config", file, "-dnsserver", serveDNS(t), "-strict=false")
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	var output logBuffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	p.stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Log(output.take())
		}
	})
	p.url = "https://" + addr + "/dir"
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.Roots}, DisableKeepAlives: true}}
	within(t, func() error {
		resp, err := client.Get(p.url)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	})
	return p
}

// serveDNS answers every name with 127.0.0.1.
func serveDNS(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			q := m.Questions[0]
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}, Questions: []dnsmessage.Question{q}}
			if q.Type == dnsmessage.TypeA {
				reply.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
					Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
				}}
			}
			if b, err := reply.Pack(); err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	return "127.0.0.1:" + strconv.Itoa(conn.LocalAddr().(*net.UDPAddr).Port)
}
