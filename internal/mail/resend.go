package mail

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ResendURL is where Resend takes mails (https://resend.com/docs/api-reference/emails/send-email).
const ResendURL = "https://api.resend.com/emails"

// Resend is a Sender with an account at Resend.
type Resend struct {
	Key string
	// URL is where mails are posted; ResendURL by default.
	URL string
	// Client is how; nil for one without anything special.
	Client *http.Client
	// Timeout is how long a mail may take; 1 minute by default.
	Timeout time.Duration
}

// resendMail is what the API takes.
type resendMail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Headers map[string]string `json:"headers"`
}

// Send implements Sender. Resend remembers the Idempotency-Key for 24 hours, and sends
// no mail twice in them.
func (r *Resend) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(resendMail{
		From: resendFrom(m.From), To: []string{m.To}, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		Headers: map[string]string{"Auto-Submitted": autoSubmitted},
	})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, defaultTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, cmp.Or(r.URL, ResendURL), bytes.NewReader(body))
	if err != nil {
		return &Error{Kind: KindSetup, Text: "the address of the mail service is not valid", Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+r.Key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", "tallow-"+m.name())
	answer, err := r.client().Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{Kind: KindTemporary, Text: "the mail service cannot be reached", Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxResendAnswer))
	if answer.StatusCode/100 == 2 {
		return nil // it has the mail
	}
	if err != nil {
		return &Error{Kind: KindTemporary, Text: "the connection to the mail service broke", Err: err}
	}
	return resendError(answer.StatusCode, text)
}

// resendFrom returns a mailbox as the API takes it: the name as it is, for Resend encodes
// it.
func resendFrom(m Mailbox) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"\<>`, r) {
			return -1
		}
		return r
	}, m.Name)
	if name == "" {
		return m.Address
	}
	return `"` + name + `" <` + m.Address + ">"
}

// maxResendAnswer bounds what is read of an answer, in bytes.
const maxResendAnswer = 16 << 10

// client returns the HTTP client. A redirect is not followed: the key is for one place.
func (r *Resend) client() *http.Client {
	c := http.Client{}
	if r.Client != nil {
		c = *r.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// resendError says what an answer means (https://resend.com/docs/api-reference/errors).
func resendError(status int, body []byte) error {
	var said struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &said) // what is not JSON says no more than its status
	text := fmt.Sprintf("%d %s", status, serverText(cmp.Or(said.Message, said.Name, http.StatusText(status))))
	switch {
	case status == http.StatusTooManyRequests, status >= 500, status == http.StatusRequestTimeout, said.Name == "concurrent_idempotent_requests":
		return &Error{Kind: KindTemporary, Text: "the mail service does not take the mail now: " + text, Answered: true}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status < 400, status == http.StatusNotFound, status == http.StatusMethodNotAllowed,
		status == http.StatusBadRequest && strings.Contains(said.Message, "API key"):
		return &Error{Kind: KindSetup, Text: "the mail service does not serve this account: " + text}
	}
	return &Error{Kind: KindRefused, Text: "the mail service refuses the mail: " + text, Answered: true}
}
