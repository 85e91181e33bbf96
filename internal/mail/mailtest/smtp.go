// Package mailtest has mail services for tests: an SMTP server that records mails and
// fails where it is told to, and the API of Resend.
//
// Start with [StartSMTP] and [StartResend].
package mailtest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

// The steps of a session, for Options.Answer.
const (
	Connect  = "CONNECT"
	EHLO     = "EHLO" // also the second one, under TLS
	StartTLS = "STARTTLS"
	Auth     = "AUTH"
	From     = "MAIL"
	To       = "RCPT"
	Data     = "DATA"
	Content  = "CONTENT" // the end of the mail
	Quit     = "QUIT"
)

// Drop is an answer that ends the connection instead.
const Drop = "drop"

// Options are those of an SMTP server.
type Options struct {
	// Implicit has TLS from the beginning, and Plain no TLS at all.
	Implicit, Plain bool
	// User and Password are those of a login, without which no mail is taken.
	User, Password string
	// Name is what the certificate is for; by default it is for this machine.
	Name string
	// Answer returns what the server answers to a step, such as "451 later", or Drop;
	// empty for what it should. argument is what is behind the command. It may be called by
	// several goroutines.
	Answer func(step, argument string) string
}

// Mail is one that a server has taken.
type Mail struct {
	From, To string
	Content  string // as it came, without the final dot
	TLS      bool
	User     string
}

// SMTP is a running server.
type SMTP struct {
	Host string
	Port int
	// CertPEM is the certificate, and Roots a pool with it.
	CertPEM []byte
	Roots   *x509.CertPool

	options  Options
	tls      *tls.Config
	listener net.Listener
	wait     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	mails []Mail
	steps []string
}

// StartSMTP starts a server on this machine, which ends with the test.
func StartSMTP(t testing.TB, o Options) *SMTP {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"127.0.0.1", "localhost"}
	if o.Name != "" {
		names = []string{o.Name}
	}
	pair := certificatetest.New(t, names...)
	s := &SMTP{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, CertPEM: pair.CertPEM, Roots: pair.Roots,
		options: o, tls: &tls.Config{Certificates: []tls.Certificate{pair.TLS}}, listener: listener, conns: make(map[net.Conn]struct{}),
	}
	s.wait.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Close ends the server. Its port then refuses connections.
func (s *SMTP) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// Mails returns the mails that the server has taken.
func (s *SMTP) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Steps returns the steps of all sessions so far.
func (s *SMTP) Steps() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.steps...)
}

// WaitFor waits until the server has taken that many mails, and returns them.
func (s *SMTP) WaitFor(t testing.TB, n int) []Mail {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		mails := s.Mails()
		if len(mails) >= n {
			return mails
		}
		if time.Now().After(deadline) {
			t.Fatalf("the mail server has %d mails, want %d; it was asked %q", len(mails), n, s.Steps())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *SMTP) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.wait.Go(func() {
			defer func() {
				_ = conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			}()
			c := conn
			if s.options.Implicit {
				c = tls.Server(conn, s.tls)
			}
			(&session{server: s, tls: s.options.Implicit}).serve(c)
		})
	}
}

// session is one connection.
type session struct {
	server *SMTP
	conn   net.Conn
	in     *bufio.Reader
	tls    bool
	user   string
	mail   Mail
}

// serve answers until the connection ends.
func (c *session) serve(conn net.Conn) {
	c.conn, c.in = conn, bufio.NewReader(conn)
	if !c.answer(Connect, "", "220 mail.test ESMTP") {
		return
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		command, argument, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !c.handle(strings.ToUpper(command), argument) {
			return
		}
	}
}

// answer answers a step, unless the test wants something else, and reports whether that
// was the usual answer, or an error after which the session goes on.
func (c *session) answer(step, argument, usual string) bool {
	ok, alive := c.say(step, argument, usual)
	return ok || alive
}

// say answers a step. ok says that it was the usual answer.
func (c *session) say(step, argument, usual string) (ok, alive bool) {
	s := c.server
	s.mu.Lock()
	s.steps = append(s.steps, step)
	s.mu.Unlock()
	text := ""
	if s.options.Answer != nil {
		text = s.options.Answer(step, argument)
	}
	if text == Drop {
		return false, false
	}
	if text == "" {
		text, ok = usual, true
	}
	_, err := io.WriteString(c.conn, text+"\r\n")
	return ok, err == nil
}

func (c *session) handle(command, argument string) bool {
	s := c.server
	switch command {
	case EHLO, "HELO":
		usual := "250-mail.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES"
		if !c.tls && !s.options.Plain {
			usual += "\r\n250-STARTTLS"
		}
		if s.options.User != "" && c.tls {
			usual += "\r\n250-AUTH PLAIN LOGIN"
		}
		return c.answer(EHLO, argument, usual+"\r\n250 SIZE 1000000")
	case StartTLS:
		ok, alive := c.say(StartTLS, argument, "220 go ahead")
		if ok {
			secure := tls.Server(c.conn, s.tls)
			c.conn, c.in, c.tls = secure, bufio.NewReader(secure), true
		}
		return alive
	case Auth:
		return c.login(argument)
	case From:
		if s.options.User != "" && c.user == "" {
			return c.answer(From, argument, "530 5.7.0 log in first")
		}
		c.mail = Mail{From: inBrackets(argument), TLS: c.tls, User: c.user}
		return c.answer(From, argument, "250 2.1.0 ok")
	case To:
		c.mail.To = inBrackets(argument)
		return c.answer(To, argument, "250 2.1.5 ok")
	case Data:
		ok, alive := c.say(Data, argument, "354 go ahead")
		if ok {
			return c.content()
		}
		return alive
	case Quit:
		c.answer(Quit, argument, "221 bye")
		return false
	case "RSET", "NOOP":
		return c.answer(command, argument, "250 ok")
	}
	return c.answer(command, argument, "502 what?")
}

// login checks AUTH PLAIN (RFC 4616).
func (c *session) login(argument string) bool {
	o := c.server.options
	given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(argument, "PLAIN "))
	if err != nil || string(given) != "\x00"+o.User+"\x00"+o.Password {
		return c.answer(Auth, argument, "535 5.7.8 wrong password")
	}
	ok, alive := c.say(Auth, argument, "235 2.7.0 ok")
	if ok {
		c.user = o.User
	}
	return alive
}

// content takes the mail itself. If the answer is Drop, the server has it all the same.
func (c *session) content() bool {
	content, err := io.ReadAll(textproto.NewReader(c.in).DotReader())
	if err != nil {
		return false
	}
	c.mail.Content = string(content)
	s := c.server
	refused := ""
	if s.options.Answer != nil {
		refused = s.options.Answer(Content, "")
	}
	s.mu.Lock()
	s.steps = append(s.steps, Content)
	if refused == "" || refused == Drop {
		s.mails = append(s.mails, c.mail)
	}
	s.mu.Unlock()
	switch refused {
	case Drop:
		return false
	case "":
		refused = "250 2.0.0 taken"
	}
	_, err = fmt.Fprintf(c.conn, "%s\r\n", refused)
	return err == nil
}

// inBrackets returns the address of MAIL FROM:<address> or RCPT TO:<address>.
func inBrackets(text string) string {
	_, text, _ = strings.Cut(text, "<")
	text, _, _ = strings.Cut(text, ">")
	return text
}
