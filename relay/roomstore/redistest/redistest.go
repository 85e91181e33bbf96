// Package redistest runs a real Redis for tests.
package redistest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Server is a redis-server on a Unix socket of its own, without persistence.
type Server struct {
	URL string

	t      testing.TB
	binary string
	socket string
	cmd    *exec.Cmd
}

// Start starts a server, which ends with the test. Without redis-server the test
// is skipped, or fails if TALLOW_TEST_REQUIRE_NET is set.
func Start(t testing.TB) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("TALLOW_TEST_REQUIRE_NET") != "" {
			t.Fatal("redis-server is missing")
		}
		t.Skip("needs redis-server")
	}
	dir, err := os.MkdirTemp("", "redis") // a short name: a socket's path has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{t: t, binary: binary, socket: filepath.Join(dir, "s")}
	s.URL = "unix://" + s.socket
	t.Cleanup(s.Kill)
	s.Restart()
	return s
}

// Restart starts the server again after Kill, empty, and waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.cmd = exec.Command(s.binary, "--port", "0", "--unixsocket", s.socket, "--save", "", "--appendonly", "no",
		"--dir", filepath.Dir(s.socket))
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for !s.answers() {
		if time.Now().After(deadline) {
			s.t.Fatal("redis-server does not answer")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *Server) answers() bool {
	var d net.Dialer
	conn, err := d.DialContext(s.t.Context(), "unix", s.socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer := make([]byte, 5)
	n, err := conn.Read(answer)
	return err == nil && string(answer[:n]) == "+PONG"
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
	_ = os.Remove(s.socket)
}

// Signal sends a signal to the server, to pause it for example.
func (s *Server) Signal(signal os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}
