package storeclient

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

const mailName = "000102030405060708090a0b0c0d0e0f"

func testMail() Mail {
	m := Mail{To: "ana@example.org", From: "Bo", Note: "see\nthis"}
	for i := range m.Name {
		m.Name[i] = byte(i)
	}
	return m
}

// The requests are those of docs/protocol.md, section 16.
func TestMailRequests(t *testing.T) {
	var got []string
	c := hostile(t, func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		got = append(got, req.Method+" "+strings.TrimPrefix(req.URL.Path, "/api/store/"+storelink.ID{7}.String())+" "+req.Header.Get("Authorization")[:9]+" "+string(b))
		state := `{"name":"` + mailName + `","to":"ana@example.org","state":"queued","reason":"","changed":12}`
		switch req.Method {
		case http.MethodPut:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, state)
		default:
			_, _ = io.WriteString(w, `{"mails":[`+state+`,`+strings.Replace(state, "queued", "failed", 1)+`]}`)
		}
	})
	if err := c.PutKey(t.Context(), storelink.ID{7}, testOwner, []byte("wrapped")); err != nil {
		t.Error(err)
	}
	want := MailState{Name: testMail().Name, To: "ana@example.org", State: MailQueued, Changed: time.Unix(12, 0)}
	if m, err := c.SendMail(t.Context(), storelink.ID{7}, testOwner, testMail()); err != nil || m != want {
		t.Errorf("%+v, %v", m, err)
	}
	all, err := c.Mails(t.Context(), storelink.ID{7}, testOwner)
	if err != nil || len(all) != 2 || all[0] != want || all[1].State != MailFailed {
		t.Errorf("%+v, %v", all, err)
	}
	for i, want := range []string{
		"PUT /key Bearer 01 wrapped",
		`POST /mail Bearer 01 {"name":"` + mailName + `","to":"ana@example.org","from":"Bo","note":"see\nthis"}`,
		"GET /mail Bearer 01 ",
	} {
		if i >= len(got) || got[i] != want {
			t.Errorf("request %d of %q, want %q", i, got, want)
		}
	}
}

// A wrapped key comes as it is, if it is not longer than one may be.
func TestKey(t *testing.T) {
	for n, taken := range map[int]bool{0: true, 90: true, MaxWrappedKey: true, MaxWrappedKey + 1: false, 1 << 20: false} {
		c := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, n)) })
		b, err := c.Key(t.Context(), storelink.ID{7})
		if taken && (err != nil || !bytes.Equal(b, make([]byte, n))) || !taken && err == nil {
			t.Errorf("of %d bytes: %d, %v", n, len(b), err)
		}
	}
	_, err := startStore(t, nil).Key(t.Context(), storelink.ID{7})
	var none *NoStoreError
	if !Refused(err, Unknown) && !errors.As(err, &none) {
		t.Errorf("there is none: %v", err)
	}
}

// What a relay says of mails is not believed unless it can be.
func TestHostileMails(t *testing.T) {
	good := `{"name":"` + mailName + `","to":"a@b.example","state":"sent","reason":"","changed":1}`
	var protocol *rendezvous.ProtocolError
	for _, body := range []string{
		"", "[]", `{"name":"","state":"sent"}`, strings.Replace(good, "00", "0", 1), strings.Replace(good, "00", "0x", 1), strings.Replace(good, "00", "0000", 1),
		strings.Replace(good, "sent", "read", 1), strings.Replace(good, ":1}", ":-1}", 1), strings.Replace(good, ":1}", ":9223372036854775807}", 1),
		strings.Replace(good, "a@b", strings.Repeat("a", 2000), 1),
		strings.Replace(good, `"00`, `"ff`, 1), // another mail
	} {
		c := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, body)
		})
		if m, err := c.SendMail(t.Context(), storelink.ID{7}, testOwner, testMail()); !errors.As(err, &protocol) {
			t.Errorf("%.80s: %+v, %v", body, m, err)
		}
	}
	for _, body := range []string{
		`{"mails":[{}]}`, `{"mails":7}`, `{"mails":[` + strings.Repeat(good+",", maxMails) + good + `]}`, strings.Repeat(" ", maxAnswer+1),
	} {
		c := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if all, err := c.Mails(t.Context(), storelink.ID{7}, testOwner); !errors.As(err, &protocol) {
			t.Errorf("%.80s: %d, %v", body, len(all), err)
		}
	}
	c := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"mails":[`+strings.Replace(good, `"reason":""`, `"reason":"\u001b[31mno\u0007"`, 1)+`]}`)
	})
	if all, err := c.Mails(t.Context(), storelink.ID{7}, testOwner); err != nil || all[0].Reason != "[31mno" {
		t.Errorf("control characters: %q, %v", all, err)
	}
}
