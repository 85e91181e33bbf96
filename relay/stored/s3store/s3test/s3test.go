// Package s3test runs a real S3 server for tests: rclone serve s3.
package s3test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// The keys by which the server knows who asks, and its only bucket.
const (
	AccessKey = "tallow"
	SecretKey = "a secret of the tests"
	Bucket    = "transfers"
)

// Version is the version of rclone that scripts/test builds.
const Version = "v1.71.2"

// Server is an S3 server on this machine.
type Server struct {
	URL string // through a proxy that can be cut

	proxy   *proxy
	process *os.Process
}

// Start starts a server, which ends with the test. Without rclone the test is skipped, or
// fails if TALLOW_TEST_REQUIRE_S3 is set.
func Start(t testing.TB) *Server {
	t.Helper()
	binary, ok := find()
	if !ok {
		if os.Getenv("TALLOW_TEST_REQUIRE_S3") != "" {
			t.Fatal("rclone is missing")
		}
		t.Skip("needs rclone " + Version)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, Bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", AccessKey+","+SecretKey,
		"--no-cleanup", "--config", filepath.Join(dir, "rclone.conf"), dir)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address := regexp.MustCompile(`server on \[http://(127\.0\.0\.1:\d+)/\]`)
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		if found := address.FindStringSubmatch(line); found != nil {
			go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the server
			p := newProxy(t, found[1])
			return &Server{URL: "http://" + p.listener.Addr().String(), proxy: p, process: cmd.Process}
		}
		if err != nil {
			t.Fatalf("rclone does not serve: %q %v", line, err)
		}
	}
}

// find returns the program: that of TALLOW_TEST_RCLONE, the one that scripts/test has
// built, or one of the PATH.
func find() (string, bool) {
	names := []string{os.Getenv("TALLOW_TEST_RCLONE")}
	if cache, err := os.UserCacheDir(); err == nil {
		names = append(names, filepath.Join(cache, "tallow-test", "rclone-"+Version, "rclone"))
	}
	for _, name := range append(names, "rclone") {
		if path, err := exec.LookPath(name); err == nil && name != "" {
			return path, true
		}
	}
	return "", false
}

// Cut cuts all connections, and refuses new ones until Mend.
func (s *Server) Cut() { s.proxy.set(true) }

// Mend lets connections pass again.
func (s *Server) Mend() { s.proxy.set(false) }

// Connections returns how many there are to the server.
func (s *Server) Connections() int {
	s.proxy.mu.Lock()
	defer s.proxy.mu.Unlock()
	return len(s.proxy.conns) / 2 // each is two: to the client, and to the server
}

// proxy passes connections on.
type proxy struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	wait  sync.WaitGroup
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, to: to, conns: make(map[net.Conn]bool)}
	p.wait.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.set(true)
		p.wait.Wait()
	})
	return p
}

func (p *proxy) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.pass(conn) })
	}
}

// keep remembers a connection, unless all are cut.
func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		_ = conn.Close()
		return false
	}
	p.conns[conn] = true
	return true
}

func (p *proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close()
}

func (p *proxy) pass(conn net.Conn) {
	if !p.keep(conn) {
		return
	}
	defer p.drop(conn)
	server, err := net.Dial("tcp", p.to)
	if err != nil || !p.keep(server) {
		return
	}
	defer p.drop(server)
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(server, conn)
		_ = server.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(conn, server)
	_ = conn.Close()
	both.Wait()
}

func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for conn := range p.conns {
			_ = conn.Close()
		}
	}
}
