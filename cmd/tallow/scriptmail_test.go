package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
)

// mailServers are the mail servers of all scripts, by their URLs.
type mailServers struct {
	t   *testing.T
	mu  sync.Mutex
	all map[string]*mailtest.SMTP
}

func newMailServers(t *testing.T) *mailServers {
	return &mailServers{t: t, all: make(map[string]*mailtest.SMTP)}
}

// smtp NAME [plain|tls|starttls] [user=U:P] [STEP=ANSWER[*N]]... starts a mail server, and puts its
// URL into NAME and the name of its certificate's file into NAME_CERT. A step gets the
// answer N times, or always: "RCPT=550 no such user", CONTENT=drop*1; CONNECT=hang*1 is
// no answer at all.
func (s *mailServers) start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: smtp NAME [plain|tls|starttls] [user=U:P] [STEP=ANSWER[*N]]...")
	}
	name, o := args[0], mailtest.Options{Plain: true}
	scheme, option := "smtp", "?tls=off"
	answers, left := make(map[string]string), make(map[string]int)
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "plain":
		case "tls":
			o.Plain, o.Implicit, scheme, option = false, true, "smtps", ""
		case "starttls":
			o.Plain, option = false, ""
		case "user":
			o.User, o.Password, _ = strings.Cut(value, ":")
		default:
			answer, times, limited := strings.Cut(value, "*")
			answers[key], left[key] = answer, -1
			if limited {
				n, err := strconv.Atoi(times)
				ts.Check(err)
				left[key] = n
			}
		}
	}
	ended := make(chan struct{})
	o.Answer = func(step, _ string) string {
		s.mu.Lock()
		answer := answers[step]
		if left[step] == 0 {
			answer = ""
		} else {
			left[step]--
		}
		s.mu.Unlock()
		if answer != "hang" {
			return answer
		}
		<-ended
		return mailtest.Drop
	}
	server := mailtest.StartSMTP(s.t, o)
	s.t.Cleanup(func() { close(ended) }) // before the server ends
	user := ""
	if o.User != "" {
		user = o.User + "@"
	}
	url := fmt.Sprintf("%s://%slocalhost:%d%s", scheme, user, server.Port, option)
	s.mu.Lock()
	s.all[url] = server
	s.mu.Unlock()
	ts.Setenv(name, url)
	certificate := ts.MkAbs(name + ".pem")
	ts.Check(os.WriteFile(certificate, server.CertPEM, 0o600))
	ts.Setenv(name+"_CERT", certificate)
}

func (s *mailServers) of(ts *testscript.TestScript, name string) *mailtest.SMTP {
	s.mu.Lock()
	defer s.mu.Unlock()
	server := s.all[ts.Getenv(name)]
	if server == nil {
		ts.Fatalf("no mail server %s", name)
	}
	return server
}

// mails NAME N FILE waits until a server has N mails, and writes them to FILE: the
// headers of each, and its text. It fails if there are more.
func (s *mailServers) read(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: mails NAME N FILE")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	server := s.of(ts, args[0])
	ts.Check(poll(func() error {
		if n := len(server.Mails()); n < want {
			return fmt.Errorf("the mail server has %d mails, want %d; it was asked %q", n, want, server.Steps())
		}
		return nil
	}))
	var out strings.Builder
	for _, m := range server.Mails() {
		text, err := readMail(m.Content)
		ts.Check(err)
		fmt.Fprintf(&out, "MAIL FROM %s TO %s TLS %t USER %q\n%s\n", m.From, m.To, m.TLS, m.User, text)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(out.String()), 0o600))
	if n := len(server.Mails()); n > want {
		ts.Fatalf("the mail server has %d mails, want %d:\n%s", n, want, out.String())
	}
}

// readMail returns the headers and the text of a mail.
func readMail(content string) (string, error) {
	m, err := netmail.ReadMessage(strings.NewReader(content))
	if err != nil {
		return "", err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart() // which decodes it
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(part)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range []string{"From", "To", "Subject", "Message-ID", "Auto-Submitted"} {
		fmt.Fprintf(&out, "%s: %s\n", name, m.Header.Get(name))
	}
	return out.String() + "\n" + strings.ReplaceAll(string(text), "\r\n", "\n"), nil
}

// asked NAME STEP waits until a server was asked something.
func (s *mailServers) asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: asked NAME STEP")
	}
	server := s.of(ts, args[0])
	ts.Check(poll(func() error {
		if steps := server.Steps(); !slices.Contains(steps, args[1]) {
			return fmt.Errorf("the mail server was asked %q", steps)
		}
		return nil
	}))
}

// until-mail NUMBER STATE waits until the last mail about a transfer is in a state.
func untilMail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until-mail NUMBER STATE")
	}
	ts.Check(poll(func() error {
		ts.Check(ts.Exec("tallow", "stored", "show", "--json", args[0]))
		out := ts.ReadFile("stdout")
		var item struct{ Mails []struct{ State string } }
		if err := json.Unmarshal([]byte(out), &item); err != nil {
			return err
		}
		if n := len(item.Mails); n == 0 || item.Mails[n-1].State != args[1] {
			return fmt.Errorf("it is %s", out)
		}
		return nil
	}))
}
