package mail_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
)

func sender(s *mailtest.SMTP) *mail.SMTP {
	return &mail.SMTP{Host: s.Host, Port: s.Port, Roots: s.Roots, Name: "client.test"}
}

func message(t *testing.T) mail.Message {
	t.Helper()
	m, _ := compose(t, description())
	return m
}

func TestSMTP(t *testing.T) {
	for name, tc := range map[string]struct {
		options mailtest.Options
		change  func(*mail.SMTP)
		tls     bool
		steps   []string
	}{
		"STARTTLS": {
			tls:   true,
			steps: []string{"CONNECT", "EHLO", "STARTTLS", "EHLO", "NOOP", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"},
		},
		"TLS from the beginning": {
			options: mailtest.Options{Implicit: true}, change: func(s *mail.SMTP) { s.Security = mail.ImplicitTLS }, tls: true,
			steps: []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"},
		},
		"plain, on this machine": {
			options: mailtest.Options{Plain: true}, change: func(s *mail.SMTP) { s.Security = mail.Plain },
			steps: []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"},
		},
		"a login": {
			options: mailtest.Options{User: "ann@example.org", Password: "pässword"},
			change:  func(s *mail.SMTP) { s.User, s.Password = "ann@example.org", "pässword" }, tls: true,
			steps: []string{"CONNECT", "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"},
		},
		"a login, and TLS from the beginning": {
			options: mailtest.Options{Implicit: true, User: "ann", Password: "p"},
			change:  func(s *mail.SMTP) { s.User, s.Password, s.Security = "ann", "p", mail.ImplicitTLS }, tls: true,
			steps: []string{"CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.StartSMTP(t, tc.options)
			s := sender(server)
			if tc.change != nil {
				tc.change(s)
			}
			if err := s.Send(t.Context(), message(t)); err != nil {
				t.Fatal(err)
			}
			mails := server.Mails()
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			got := mails[0]
			if got.From != "relay@relay.example" || got.To != "ann@example.org" || got.TLS != tc.tls || got.User != tc.options.User {
				t.Errorf("the mail is %+v", got)
			}
			p := parse(t, []byte(got.Content))
			if p.text != description().Who && !strings.HasPrefix(p.text, "Jörg sends you Holiday 2026") {
				t.Errorf("the text is %q", p.text)
			}
			steps := slices.DeleteFunc(server.Steps(), func(s string) bool { return s == "NOOP" })
			if want := slices.DeleteFunc(tc.steps, func(s string) bool { return s == "NOOP" }); !slices.Equal(steps, want) {
				t.Errorf("the steps are %q, want %q", steps, want)
			}
		})
	}
}

// At each step a server may fail for now, for good, or by ending the connection. What it
// did before it had the mail means that it has none.
func TestSMTPFailsAtEachStep(t *testing.T) {
	for _, step := range []string{mailtest.Connect, mailtest.EHLO, mailtest.StartTLS, mailtest.Auth, mailtest.From, mailtest.To, mailtest.Data, mailtest.Content} {
		// What is refused before MAIL is the account's fault, and not the mail's.
		early := slices.Contains([]string{mailtest.Connect, mailtest.EHLO, mailtest.StartTLS, mailtest.Auth}, step)
		for answer, want := range map[string]mail.Kind{
			"451 4.7.1 come back later": mail.KindTemporary,
			"421 4.3.2 closing":         mail.KindTemporary,
			"550 5.1.1 never":           mail.KindRefused,
			mailtest.Drop:               mail.KindTemporary,
		} {
			if early && want == mail.KindRefused {
				want = mail.KindSetup
			}
			t.Run(step+" "+answer, func(t *testing.T) {
				server := mailtest.StartSMTP(t, mailtest.Options{User: "ann", Password: "p", Answer: func(s, _ string) string {
					if s == step {
						return answer
					}
					return ""
				}})
				s := sender(server)
				s.User, s.Password = "ann", "p"
				err := s.Send(t.Context(), message(t))
				var e *mail.Error
				if !errors.As(err, &e) || e.Kind != want {
					t.Fatalf("error %#v %v, want kind %d", err, err, want)
				}
				if mail.Temporary(err) != (want == mail.KindTemporary) || mail.Setup(err) != (want == mail.KindSetup) {
					t.Errorf("temporary: %v, setup: %v", mail.Temporary(err), mail.Setup(err))
				}
				reason := mail.Reason(err)
				if strings.ContainsAny(reason, "\r\n") || len(reason) > 400 {
					t.Errorf("the reason is %q", reason)
				}
				if _, text, ok := strings.Cut(answer, " "); ok && step != mailtest.EHLO && !strings.Contains(reason, text) {
					t.Errorf("the reason %q does not say %q", reason, text)
				}
				// A server that takes the mail and then loses the connection has it.
				if n := len(server.Mails()); n != 0 && (step != mailtest.Content || answer != mailtest.Drop) {
					t.Errorf("there are %d mails", n)
				}
			})
		}
	}
}

// Once the server has the mail, nothing that it does makes it go out again.
func TestSMTPQuit(t *testing.T) {
	for _, answer := range []string{"451 later", "550 never", mailtest.Drop} {
		server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
			if step == mailtest.Quit {
				return answer
			}
			return ""
		}})
		if err := sender(server).Send(t.Context(), message(t)); err != nil || len(server.Mails()) != 1 {
			t.Errorf("%s to QUIT: %v, %d mails", answer, err, len(server.Mails()))
		}
	}
}

// A greylist refuses who it does not know, and takes the mail later.
func TestSMTPGreylist(t *testing.T) {
	var asked atomic.Int64
	server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
		if step == mailtest.To && asked.Add(1) == 1 {
			return "451 4.7.1 greylisted, try again in 5 minutes"
		}
		return ""
	}})
	err := sender(server).Send(t.Context(), message(t))
	if !mail.Temporary(err) || err == nil {
		t.Fatalf("the first time: %v", err)
	}
	if err := sender(server).Send(t.Context(), message(t)); err != nil || len(server.Mails()) != 1 {
		t.Errorf("the second time: %v, %d mails", err, len(server.Mails()))
	}
}

// What is not safe is not used, and the password stays here.
func TestSMTPRefusesWhatIsNotSafe(t *testing.T) {
	login := func(s *mail.SMTP) { s.User, s.Password = "ann", "secret" }
	for name, tc := range map[string]struct {
		options mailtest.Options
		change  func(*mail.SMTP)
		want    string
	}{
		"no STARTTLS":               {mailtest.Options{Plain: true}, login, "STARTTLS"},
		"another certificate":       {mailtest.Options{User: "ann", Password: "secret"}, func(s *mail.SMTP) { login(s); s.Roots = nil }, "certificate"},
		"another name":              {mailtest.Options{User: "ann", Password: "secret", Name: "other.example"}, login, "certificate"},
		"a login without TLS":       {mailtest.Options{Plain: true, User: "ann", Password: "secret"}, func(s *mail.SMTP) { login(s); s.Security = mail.Plain }, "without TLS"},
		"a wrong password":          {mailtest.Options{User: "ann", Password: "other"}, login, "does not accept the login: 535"},
		"no login":                  {mailtest.Options{}, login, "AUTH"},
		"no TLS, and far from here": {mailtest.Options{Plain: true}, func(s *mail.SMTP) { s.Host, s.Security = outside(t), mail.Plain }, "without TLS, and is not on this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.StartSMTP(t, tc.options)
			s := sender(server)
			tc.change(s)
			if s.Host != server.Host && s.Security == mail.Plain {
				s.Port = listenOutside(t, s.Host)
			}
			err := s.Send(t.Context(), message(t))
			if !mail.Setup(err) || mail.Temporary(err) || !strings.Contains(mail.Reason(err), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if n := len(server.Mails()); n != 0 {
				t.Errorf("there are %d mails", n)
			}
			if tc.options.Plain && slices.Contains(server.Steps(), mailtest.Auth) {
				t.Error("the password was sent in the clear")
			}
		})
	}
}

// outside returns an address of this machine that is not a loopback one.
func outside(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	t.Skip("needs a network")
	return ""
}

func listenOutside(t *testing.T, host string) int {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// A server that is dead, and one that says nothing.
func TestSMTPAway(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	server.Close()
	err := sender(server).Send(t.Context(), message(t))
	if !mail.Temporary(err) || err == nil || !strings.Contains(mail.Reason(err), "cannot be reached") {
		t.Errorf("a dead server: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent := &mail.SMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Timeout: 50 * time.Millisecond}
	if err := silent.Send(t.Context(), message(t)); err == nil || !mail.Temporary(err) {
		t.Errorf("a silent server: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := silent.Send(ctx, message(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that is ended: %v", err)
	}
	if err := (&mail.SMTP{Host: "mail.invalid", Port: 1}).Send(t.Context(), message(t)); err == nil || mail.Reason(err) == "" {
		t.Errorf("no such server: %v", err)
	}
}

// The end of the context interrupts a server that takes its time in the middle.
func TestSMTPEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
		if step == mailtest.To {
			cancel()
			<-ctx.Done()
			return mailtest.Drop
		}
		return ""
	}})
	if err := sender(server).Send(ctx, message(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestParseSMTP(t *testing.T) {
	for text, want := range map[string]mail.SMTP{
		"smtp://ann@mail.example":             {Host: "mail.example", Port: 587, User: "ann"},
		"smtp://ann%40example.org@m.example/": {Host: "m.example", Port: 587, User: "ann@example.org"},
		"smtp://mail.example:2525":            {Host: "mail.example", Port: 2525},
		"smtps://ann@mail.example":            {Host: "mail.example", Port: 465, User: "ann", Security: mail.ImplicitTLS},
		"smtp://localhost:25?tls=off":         {Host: "localhost", Port: 25, Security: mail.Plain},
		"smtp://[::1]:25?tls=off":             {Host: "::1", Port: 25, Security: mail.Plain},
	} {
		if got, err := mail.ParseSMTP(text); err != nil || *got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "mail.example", "http://mail.example", "smtp://", "smtp:mail", "smtp://m/x", "smtp://m#x", "smtp://m:0", "smtp://m:70000", "smtp://m:x",
		"smtp://m?tls=on", "smtp://m?x=y", "smtps://m?tls=off", "smtp://ann@localhost?tls=off", "smtp://ann:secret@m", "smtp://ann:@m", "smtp://a\nb",
	} {
		if got, err := mail.ParseSMTP(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error of %q shows the password: %v", text, err)
		}
	}
}
