package relay

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/redisindex"
)

// mailChildEnv has the mailChild of a relay that is killed, as JSON.
const mailChildEnv = "TALLOW_TEST_MAIL"

// mailChild is what a relay in a process of its own sends mails with.
type mailChild struct {
	Dir     string // with the bytes, and the records unless there is Redis
	Redis   string // its URL
	Port    int    // of the mail server
	CertPEM []byte
	Hold    time.Duration
}

func (c mailChild) start(t *testing.T) storeChild {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return startRelayChild(t, "TestMailKilled", mailChildEnv+"="+string(b))
}

// serve serves a relay until it is killed.
func (c mailChild) serve(t *testing.T) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.CertPEM)
	disk, err := diskstore.Open(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var index stored.Index = disk.Index
	if c.Redis != "" {
		if index, err = redisindex.Open(c.Redis); err != nil {
			t.Fatal(err)
		}
	}
	config := unlimited()
	config.Store = &StoreConfig{
		Service: stored.New(index, disk.Blobs, stored.Config{FreeFloor: 1, Mails: stored.MailLimits{On: true}}),
		Outbox: outbox.Config{
			Mail: mailAccount(&mailtest.SMTP{Host: "127.0.0.1", Port: c.Port, Roots: roots}), Interval: 50 * time.Millisecond, Hold: c.Hold,
		},
	}
	listener := listenTest(t)
	if _, err := os.Stdout.WriteString(listener.Addr().String() + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), listener, nil, config); err != nil {
		t.Fatal(err)
	}
}

// A mail that was queued goes out once, although the relay was killed before it could be
// sent, and although it was killed while it was being sent: by the next relay on the disk,
// or by another one on Redis.
func TestMailKilled(t *testing.T) {
	if text := os.Getenv(mailChildEnv); text != "" {
		var c mailChild
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		c.serve(t)
	}
	t.Run("before it was sent", func(t *testing.T) {
		var up atomic.Bool
		server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
			if step == mailtest.Connect && !up.Load() {
				return mailtest.Drop
			}
			return ""
		}})
		c := mailChild{Dir: t.TempDir(), Port: server.Port, CertPEM: server.CertPEM, Hold: 2 * time.Second}
		first := c.start(t)
		path := first.stores(1)
		first.want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"))
		first.kill()
		up.Store(true)

		second := c.start(t)
		second.wantOneMail(t, server, path)
	})
	for name, redis := range map[string]bool{"while it was sent, disk": false, "while it was sent, redis": true} {
		t.Run(name, func(t *testing.T) {
			release, begun := make(chan struct{}), make(chan struct{}, 10)
			server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
				if step == mailtest.Data {
					begun <- struct{}{}
					<-release
				}
				return ""
			}})
			c := mailChild{Dir: t.TempDir(), Port: server.Port, CertPEM: server.CertPEM, Hold: 2 * time.Second}
			if redis {
				c.Redis = redistest.Start(t).URL
			}
			first := c.start(t)
			path := first.stores(1)
			first.want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"))
			<-begun
			if redis { // the other relay is there already
				c.Dir = t.TempDir()
				other := c.start(t)
				first.kill()
				close(release)
				other.wantOneMail(t, server, path)
				return
			}
			first.kill()
			close(release)
			c.start(t).wantOneMail(t, server, path)
		})
	}
}

// wantOneMail waits until the mail was sent, and fails the test if the server has another
// one.
func (c storeChild) wantOneMail(t *testing.T, server *mailtest.SMTP, path string) {
	t.Helper()
	c.waitForMails(path, stored.MailSent, 1)
	if mails := server.Mails(); len(mails) != 1 || mails[0].To != "bob@example.org" {
		t.Errorf("the mails are %+v", mails)
	}
	c.kill()
	if mails := server.Mails(); len(mails) != 1 {
		t.Errorf("there are %d mails", len(mails))
	}
}
