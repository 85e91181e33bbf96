package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Security is how a connection to an SMTP server is protected.
type Security int

// The kinds of security.
const (
	// STARTTLS begins in the clear and requires TLS before anything else (RFC 3207).
	STARTTLS Security = iota
	// ImplicitTLS has TLS from the beginning (RFC 8314).
	ImplicitTLS
	// Plain has none. It is for a server on this machine alone.
	Plain
)

// SMTP is a Sender with an account at an SMTP server.
type SMTP struct {
	Host     string
	Port     int
	Security Security
	User     string // empty for no login
	Password string
	// Timeout is how long connecting may take, and each of the two halves of sending;
	// 1 minute by default.
	Timeout time.Duration
	// Name is what the server is told this machine is called; by default what the system
	// says.
	Name string
	// Roots are the authorities of the server's certificate; nil for those of the system.
	Roots *x509.CertPool
}

// defaultTimeout is how long a server may take for what is done at once.
const defaultTimeout = time.Minute

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	timeout := s.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := s.dial(ctx, network, address)
		conn = c
		return c, err
	}
	options, err := s.options(timeout, dial)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return &Error{Kind: KindSetup, Text: "the settings of the mail server are not valid: " + serverText(err.Error()), Err: err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return s.connectError(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := deliver(session, m, timeout); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return deliveryError(err)
	}
	_ = session.Quit() // the server has the mail, whatever it says now
	return nil
}

// options returns what go-mail needs to know.
func (s *SMTP) options(timeout time.Duration, dial gomail.DialContextFunc) ([]gomail.Option, error) {
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(timeout), gomail.WithDialContextFunc(dial)}
	if s.Name != "" {
		options = append(options, gomail.WithHELO(s.Name))
	}
	switch s.Security {
	case ImplicitTLS:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(s.tls()))
	}
	if s.User == "" {
		return options, nil
	}
	if s.Security == Plain {
		return nil, &Error{Kind: KindSetup, Text: "a password is not sent to a mail server without TLS"}
	}
	return append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password), gomail.WithOpportunisticSMTPAuth(
		gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA1,
		gomail.SMTPAuthPlain, gomail.SMTPAuthLogin)), nil
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

// errNotLoopback is the error of a server without TLS that is not on this machine.
var errNotLoopback = errors.New("without TLS it has to be on this machine")

// dial connects to the server.
func (s *SMTP) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	if s.Security == ImplicitTLS {
		return (&tls.Dialer{NetDialer: &d, Config: s.tls()}).DialContext(ctx, network, address)
	}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); s.Security == Plain && (!ok || !tcp.IP.IsLoopback()) {
		_ = conn.Close()
		return nil, errNotLoopback
	}
	return conn, nil
}

// stepError is the error of a step of sending.
type stepError struct {
	doing string
	err   error
}

func (e *stepError) Error() string { return e.doing + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// deliver gives a mail to the server (RFC 5321, section 3.3).
func deliver(session *smtp.Client, m Message, timeout time.Duration) error {
	if err := session.UpdateDeadline(timeout); err != nil {
		return &stepError{"the connection", err}
	}
	if err := session.Mail("<" + m.From.Address + ">"); err != nil {
		return &stepError{"the address of the sender", err}
	}
	if err := session.Rcpt("<" + m.To + ">"); err != nil {
		return &stepError{"the address " + m.To, err}
	}
	w, err := session.Data()
	if err != nil {
		return &stepError{"the mail", err}
	}
	if err := session.UpdateDeadline(timeout); err != nil {
		return &stepError{"the connection", err}
	}
	if _, err := m.WriteTo(w); err != nil {
		return &stepError{"the mail", err}
	}
	if err := w.Close(); err != nil {
		return &stepError{"the mail", err}
	}
	return nil
}

// deliveryError says what a server that was ready has refused.
func deliveryError(err error) error {
	var answer *textproto.Error
	var step *stepError
	if !errors.As(err, &answer) || !errors.As(err, &step) {
		return &Error{Kind: KindTemporary, Text: "the connection to the mail server broke", Err: err}
	}
	e := &Error{Kind: KindTemporary, Text: "the mail server does not take " + step.doing + " now: " + said(answer), Answered: true, Err: err}
	switch {
	case answer.Code == 421:
		e.Text = "the mail server is closing: " + said(answer)
	case answer.Code/100 == 5:
		e.Kind, e.Text = KindRefused, "the mail server refuses "+step.doing+": "+said(answer)
	}
	return e
}

// connectError says why there is no server that is ready.
func (s *SMTP) connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	place := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	var answer *textproto.Error
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &answer) && answer.Code == 535:
		return &Error{Kind: KindSetup, Text: "the mail server does not accept the login: " + said(answer), Err: err}
	case errors.As(err, &answer) && answer.Code/100 == 5:
		return &Error{Kind: KindSetup, Text: "the mail server does not serve this account: " + said(answer), Err: err}
	case errors.As(err, &answer):
		return &Error{Kind: KindTemporary, Text: "the mail server does not serve now: " + said(answer), Err: err}
	case errors.As(err, &certificate):
		return &Error{Kind: KindSetup, Text: "the certificate of the mail server " + place + " is not valid: " + serverText(certificate.Err.Error()), Err: err}
	case errors.Is(err, errNotLoopback):
		return &Error{Kind: KindSetup, Text: "the mail server " + place + " would be used without TLS, and is not on this machine", Err: err}
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return &Error{Kind: KindSetup, Text: "there is no mail server " + s.Host, Err: err}
	}
	var network net.Error
	if errors.As(err, &network) || isEnd(err) {
		return &Error{Kind: KindTemporary, Text: "the mail server " + place + " cannot be reached", Err: err}
	}
	// What is left go-mail says in words: the server has neither STARTTLS nor a login that
	// both know.
	return &Error{Kind: KindSetup, Text: "the mail server " + place + " cannot be used: " + serverText(err.Error()), Err: err}
}

func said(answer *textproto.Error) string {
	return fmt.Sprintf("%d %s", answer.Code, serverText(answer.Msg))
}
