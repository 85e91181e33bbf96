package mail_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
)

func TestResend(t *testing.T) {
	api := mailtest.StartResend(t, "re_secret", nil)
	s := &mail.Resend{Key: "re_secret", URL: api.URL}
	m := message(t)
	m.From.Name = `Jörg "the" <sender>`
	for range 2 { // the second time is a repetition
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	requests := api.Requests()
	if len(requests) != 2 || len(api.Mails()) != 1 {
		t.Fatalf("%d requests, %d mails; want 2 and 1", len(requests), len(api.Mails()))
	}
	got := requests[0]
	if got.Method != http.MethodPost || got.Authorization != "Bearer re_secret" || got.ContentType != "application/json" {
		t.Errorf("the request is %+v", got)
	}
	if got.Key != requests[1].Key || !regexp.MustCompile(`^tallow-[0-9a-f]{32}$`).MatchString(got.Key) {
		t.Errorf("the keys are %q and %q", got.Key, requests[1].Key)
	}
	body := got.Mail
	if body.From != `"Jörg the sender" <relay@relay.example>` || len(body.To) != 1 || body.To[0] != "ann@example.org" || body.Subject != "Jörg sends you files" ||
		body.Text != m.Text || body.HTML != m.HTML || len(body.Headers) != 1 || body.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("the mail is %+v", body)
	}
	m.Key = "another"
	if err := s.Send(t.Context(), m); err != nil || len(api.Mails()) != 2 {
		t.Errorf("another mail: %v, %d mails", err, len(api.Mails()))
	}
}

// Each answer of the documentation, and what is none.
func TestResendErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		want   mail.Kind
		says   string
	}{
		"validation":       {400, `{"name":"validation_error","message":"Invalid 'to' field"}`, mail.KindRefused, "Invalid 'to' field"},
		"no such key":      {400, `{"name":"validation_error","message":"API key is invalid"}`, mail.KindSetup, "API key"},
		"missing key":      {401, `{"name":"missing_api_key","message":"Missing API Key"}`, mail.KindSetup, "Missing API Key"},
		"restricted key":   {401, `{"name":"restricted_api_key","message":"restricted"}`, mail.KindSetup, "restricted"},
		"domain":           {403, `{"name":"validation_error","message":"The domain is not verified."}`, mail.KindSetup, "not verified"},
		"path":             {404, `{"name":"not_found","message":"no such endpoint"}`, mail.KindSetup, "endpoint"},
		"method":           {405, `{"name":"method_not_allowed","message":"no"}`, mail.KindSetup, "405"},
		"other payload":    {409, `{"name":"invalid_idempotent_request","message":"different payload"}`, mail.KindRefused, "payload"},
		"at the same time": {409, `{"name":"concurrent_idempotent_requests","message":"in progress"}`, mail.KindTemporary, "in progress"},
		"from":             {422, `{"name":"invalid_from_address","message":"Invalid from"}`, mail.KindRefused, "Invalid from"},
		"rate":             {429, `{"name":"rate_limit_exceeded","message":"Too many"}`, mail.KindTemporary, "Too many"},
		"day":              {429, `{"name":"daily_quota_exceeded","message":"quota"}`, mail.KindTemporary, "quota"},
		"theirs":           {500, `{"name":"internal_server_error","message":"oops"}`, mail.KindTemporary, "oops"},
		"a proxy":          {502, `<html>bad gateway</html>`, mail.KindTemporary, "Bad Gateway"},
		"elsewhere":        {302, ``, mail.KindSetup, "302"},
		"control":          {400, `{"message":"a\u001b[31m\r\nb` + strings.Repeat("x", 500) + `"}`, mail.KindRefused, "a [31m b"},
	} {
		t.Run(name, func(t *testing.T) {
			api := mailtest.StartResend(t, "k", func(*http.Request) (int, string) { return tc.status, tc.body })
			err := (&mail.Resend{Key: "k", URL: api.URL}).Send(t.Context(), message(t))
			var e *mail.Error
			if !errors.As(err, &e) || e.Kind != tc.want || !strings.Contains(e.Text, tc.says) {
				t.Errorf("error %v, want kind %d and %q", err, tc.want, tc.says)
			}
			if len(mail.Reason(err)) > 300 || strings.ContainsAny(mail.Reason(err), "\r\n\x1b") {
				t.Errorf("the reason is %q", mail.Reason(err))
			}
		})
	}
}

func TestResendAway(t *testing.T) {
	err := (&mail.Resend{Key: "k", URL: "http://127.0.0.1:1/emails"}).Send(t.Context(), message(t))
	if err == nil || !mail.Temporary(err) || strings.Contains(mail.Reason(err), "127.0.0.1") {
		t.Errorf("error %v", err)
	}
	if mail.Temporary(&mail.Error{Kind: mail.KindRefused}) || !mail.Temporary(errors.New("unknown")) || mail.Reason(errors.New("x")) == "" {
		t.Error("what is not known is not temporary")
	}
}
