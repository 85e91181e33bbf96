package outbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long something may take that is waited for.
const patience = time.Minute

func owner() stored.Secret { return stored.Secret{1} }

func openStore(t *testing.T) *stored.Service {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	return stored.New(disk.Index, disk.Blobs, stored.Config{FreeFloor: 1, Mails: stored.MailLimits{On: true}})
}

// stores stores something that may be fetched twice.
func stores(t *testing.T, s *stored.Service, notify string) stored.ID {
	t.Helper()
	token := owner()
	r, err := s.Create(t.Context(), stored.Request{Size: 5, Owner: sha256.Sum256(token[:]), Proof: stored.Hash{2}, Downloads: 2, Notify: notify})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), r.ID, token, 0, strings.NewReader("01234"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context(), r.ID, token, 1); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func queue(t *testing.T, s *stored.Service, id stored.ID, name, to string) {
	t.Helper()
	if _, err := s.QueueMail(t.Context(), id, owner(), stored.MailRequest{Name: name, To: to, From: "Ann", What: "photos", Note: "see evil.example"}); err != nil {
		t.Fatal(err)
	}
}

// run runs an outbox until the test ends, and returns what ends it before.
func run(t *testing.T, c outbox.Config) (o *outbox.Outbox, stop func()) {
	t.Helper()
	if c.Interval == 0 {
		c.Interval = 5 * time.Millisecond
	}
	o = outbox.New(c)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { o.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return o, stop
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func account(s *mailtest.SMTP) *outbox.Mail {
	return &outbox.Mail{
		Sender:   &mail.SMTP{Host: s.Host, Port: s.Port, Roots: s.Roots, Name: "relay.test", Timeout: 10 * time.Second},
		From:     mail.Mailbox{Name: "Files", Address: "files@relay.example"},
		URL:      "https://relay.example/",
		Schedule: mail.Schedule{Waits: []time.Duration{10 * time.Millisecond}, GiveUp: time.Hour},
	}
}

// twice is a schedule of two attempts: the wait after the second is longer than it may
// take.
func twice() mail.Schedule {
	return mail.Schedule{Waits: []time.Duration{500 * time.Millisecond, time.Hour}, GiveUp: 30 * time.Minute}
}

func mailOf(t *testing.T, s *stored.Service, id stored.ID) stored.Mail {
	t.Helper()
	all, err := s.MailsOf(t.Context(), id, owner())
	if err != nil || len(all) == 0 {
		t.Fatalf("the mails are %+v, %v", all, err)
	}
	return all[0]
}

func waitForState(t *testing.T, s *stored.Service, id stored.ID, state stored.MailState) stored.Mail {
	t.Helper()
	eventually(t, "the mail is "+string(state), func() bool { return mailOf(t, s, id).State == state })
	return mailOf(t, s, id)
}

// results counts what is told to the metrics.
type results struct {
	mu  sync.Mutex
	all map[string]int
}

func (r *results) add(what outbox.What, result outbox.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[string]int)
	}
	r.all[string(what)+" "+string(result)]++
}

func (r *results) count(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[name]
}

// A mail goes out once, with the link and without a key.
func TestMail(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	s := openStore(t)
	id := stores(t, s, "")
	var told results
	o, stop := run(t, outbox.Config{Service: s, Mail: account(server), Interval: time.Hour, Told: told.add})
	queue(t, s, id, "n", "bob@example.org")
	o.Wake()
	waitForState(t, s, id, stored.MailSent)
	o.Wake()
	stop()
	mails := server.Mails()
	if len(mails) != 1 || told.count("mail sent") != 1 {
		t.Fatalf("%d mails, and told were %v", len(mails), told.all)
	}
	m := mails[0]
	if m.From != "files@relay.example" || m.To != "bob@example.org" || !m.TLS {
		t.Errorf("the mail is %+v", m)
	}
	link := "https://relay.example/d/" + id.String()
	for _, want := range []string{link + "\n", "Subject: Ann sends you files\n", "Ann sends you photos.", "It asks for words", "see evil. example", "and can be fetched 2 times"} {
		if !strings.Contains(strings.ReplaceAll(m.Content, "\r", ""), want) {
			t.Errorf("the mail has no %q:\n%s", want, m.Content)
		}
	}
	if strings.Contains(m.Content, link+"#") {
		t.Errorf("the mail has a key:\n%s", m.Content)
	}
}

// At each step a server may fail, for now or for good, or end the connection. The mail goes
// out once all the same, or its sender is told why not.
func TestMailFailsAtEachStep(t *testing.T) {
	for _, step := range []string{mailtest.Connect, mailtest.EHLO, mailtest.StartTLS, mailtest.From, mailtest.To, mailtest.Data, mailtest.Content} {
		for _, answer := range []string{"451 4.7.1 greylisted, come back later", "550 5.1.1 no such user", mailtest.Drop} {
			if step == mailtest.Content && answer == mailtest.Drop {
				continue // nobody can know whether the server has the mail: see TestMailNobodyKnows
			}
			t.Run(step+" "+answer, func(t *testing.T) {
				t.Parallel()
				var failures atomic.Int64
				server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(s, _ string) string {
					if s == step && failures.Add(1) <= 2 {
						return answer
					}
					return ""
				}})
				s := openStore(t)
				id := stores(t, s, "")
				run(t, outbox.Config{Service: s, Mail: account(server)})
				queue(t, s, id, "n", "bob@example.org")
				onlyThisMail := step == mailtest.From || step == mailtest.To || step == mailtest.Data || step == mailtest.Content
				if onlyThisMail && strings.HasPrefix(answer, "550") {
					m := waitForState(t, s, id, stored.MailFailed)
					if !strings.Contains(m.Reason, "550 5.1.1 no such user") || len(server.Mails()) != 0 {
						t.Errorf("the mail is %+v, and there are %d", m, len(server.Mails()))
					}
					return
				}
				waitForState(t, s, id, stored.MailSent)
				if n := len(server.Mails()); n != 1 {
					t.Errorf("%d mails", n)
				}
			})
		}
	}
}

// When the connection breaks between the mail and the answer, the mail goes out again,
// under the same Message-ID.
func TestMailNobodyKnows(t *testing.T) {
	var times atomic.Int64
	server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
		if step == mailtest.Content && times.Add(1) == 1 {
			return mailtest.Drop
		}
		return ""
	}})
	s := openStore(t)
	id := stores(t, s, "")
	run(t, outbox.Config{Service: s, Mail: account(server)})
	queue(t, s, id, "n", "bob@example.org")
	waitForState(t, s, id, stored.MailSent)
	name := func(m mailtest.Mail) string {
		_, rest, _ := strings.Cut(m.Content, "Message-ID: ")
		name, _, _ := strings.Cut(rest, "\n")
		return name
	}
	mails := server.Mails()
	if len(mails) != 2 || name(mails[0]) != name(mails[1]) || len(name(mails[0])) < 32 {
		t.Errorf("the mails are %+v", mails)
	}
}

// A dead server: the mail waits, its sender is told no more than it has to know, and the
// log nothing of a person. When the schedule ends, so does the mail.
func TestMailGivesUp(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	server.Close()
	s := openStore(t)
	id := stores(t, s, "")
	var log lockedBuffer
	m := account(server)
	m.Schedule = twice()
	var told results
	_, stop := run(t, outbox.Config{Service: s, Mail: m, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Told: told.add})
	queue(t, s, id, "n", "bob@example.org")
	eventually(t, "the sender is told why", func() bool { return mailOf(t, s, id).Reason != "" })
	if got := mailOf(t, s, id); strings.Contains(got.Reason, "127.0.0.1") || !strings.Contains(got.Reason, "cannot be reached") {
		t.Errorf("the reason is %q", got.Reason)
	}
	failed := waitForState(t, s, id, stored.MailFailed)
	stop()
	if !strings.Contains(failed.Reason, "given up after 2 attempts") || told.count("mail failed") != 1 || told.count("mail retried") != 1 || told.count("mail sent") != 0 {
		t.Errorf("the mail is %+v, and told were %v", failed, told.all)
	}
	text := log.String()
	if strings.Contains(text, "bob") || strings.Contains(text, "example.org") || strings.Count(text, "mail cannot be sent") != 1 {
		t.Errorf("the log is\n%s", text)
	}
}

// What is wrong with the relay's own account is the operator's affair.
func TestMailSetup(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{User: "files", Password: "right", Answer: func(step, _ string) string {
		if step == mailtest.Auth {
			return "535 5.7.8 no such login files@relay.example"
		}
		return ""
	}})
	s := openStore(t)
	id := stores(t, s, "")
	var log lockedBuffer
	m := account(server)
	sender := m.Sender.(*mail.SMTP)
	sender.User, sender.Password = "files", "secret"
	_, stop := run(t, outbox.Config{Service: s, Mail: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	queue(t, s, id, "n", "bob@example.org")
	eventually(t, "the sender is told why", func() bool { return mailOf(t, s, id).Reason != "" })
	stop()
	if got := mailOf(t, s, id); got.State != stored.MailQueued || strings.Contains(got.Reason, "535") {
		t.Errorf("the mail is %+v", got)
	}
	if text := log.String(); !strings.Contains(text, "535") || strings.Contains(text, "files@") || strings.Contains(text, "secret") {
		t.Errorf("the log is\n%s", text)
	}
}

// A relay that sends no mails any more says so of those that wait.
func TestMailOff(t *testing.T) {
	s := openStore(t)
	id := stores(t, s, "")
	queue(t, s, id, "n", "bob@example.org")
	run(t, outbox.Config{Service: s})
	if m := waitForState(t, s, id, stored.MailFailed); !strings.Contains(m.Reason, "no mail any more") {
		t.Errorf("the mail is %+v", m)
	}
}

// Several outboxes on one store send each mail once.
func TestMailOnce(t *testing.T) {
	const count = 30
	server := mailtest.StartSMTP(t, mailtest.Options{})
	s := openStore(t)
	var ids []stored.ID
	for i := range count / 3 {
		id := stores(t, s, "")
		for n := range 3 {
			queue(t, s, id, fmt.Sprint(n), fmt.Sprintf("user%d-%d@example.org", i, n))
		}
		ids = append(ids, id)
	}
	for range 3 {
		run(t, outbox.Config{Service: s, Mail: account(server)})
	}
	for _, id := range ids {
		eventually(t, "all mails are sent", func() bool {
			all, err := s.MailsOf(t.Context(), id, owner())
			for _, m := range all {
				if m.State != stored.MailSent {
					return false
				}
			}
			return err == nil && len(all) == 3
		})
	}
	to := make(map[string]int)
	for _, m := range server.Mails() {
		to[m.To]++
	}
	if len(to) != count || len(server.Mails()) != count {
		t.Errorf("%d mails to %d people, want %d", len(server.Mails()), len(to), count)
	}
}

// An outbox that ends lets what it has begun come to its end, and a server that takes too
// long is tried again by the next one.
func TestMailEnds(t *testing.T) {
	release, begun := make(chan struct{}), make(chan struct{}, 10)
	server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
		if step == mailtest.Data {
			begun <- struct{}{}
			<-release
		}
		return ""
	}})
	s := openStore(t)
	id := stores(t, s, "")
	queue(t, s, id, "n", "bob@example.org")
	_, stop := run(t, outbox.Config{Service: s, Mail: account(server), Grace: 20 * time.Millisecond})
	<-begun
	stop()
	if m := mailOf(t, s, id); m.State != stored.MailQueued || m.Failures != 0 {
		t.Errorf("the mail is %+v", m)
	}
	_, stop = run(t, outbox.Config{Service: s, Mail: account(server), Grace: patience})
	<-begun
	ended := make(chan struct{})
	go func() { stop(); close(ended) }()
	close(release)
	<-ended
	if m := mailOf(t, s, id); m.State != stored.MailSent || len(server.Mails()) != 1 {
		t.Errorf("the mail is %+v, and there are %d", m, len(server.Mails()))
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
