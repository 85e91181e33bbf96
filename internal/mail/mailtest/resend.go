package mailtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// ResendRequest is one that the API has got.
type ResendRequest struct {
	Method, Authorization, ContentType string
	Key                                string // the Idempotency-Key
	Mail                               ResendMail
}

// ResendMail is the body of a request.
type ResendMail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Headers map[string]string `json:"headers"`
}

// Resend is the API of Resend, as its documentation has it: it wants a key, takes a
// mail, and takes no mail twice under one Idempotency-Key.
type Resend struct {
	URL string

	key    string
	answer func(r *http.Request) (status int, body string)

	mu       sync.Mutex
	requests []ResendRequest
	mails    []ResendMail
	known    map[string]string // bodies, by Idempotency-Key
}

// StartResend starts the API for the account of a key. answer returns what it answers
// instead; 0 for what it should, and may be nil.
func StartResend(t testing.TB, key string, answer func(*http.Request) (status int, body string)) *Resend {
	t.Helper()
	r := &Resend{key: key, answer: answer, known: make(map[string]string)}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL + "/emails"
	return r
}

// Requests returns what the API was asked.
func (r *Resend) Requests() []ResendRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]ResendRequest(nil), r.requests...)
}

// Mails returns the mails that it has taken, each once.
func (r *Resend) Mails() []ResendMail {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]ResendMail(nil), r.mails...)
}

// ServeHTTP answers a request.
func (r *Resend) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	got := ResendRequest{
		Method: req.Method, Authorization: req.Header.Get("Authorization"), ContentType: req.Header.Get("Content-Type"),
		Key: req.Header.Get("Idempotency-Key"),
	}
	bad := json.Unmarshal(body, &got.Mail)
	status, text := 0, ""
	if r.answer != nil {
		status, text = r.answer(req)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, got)
	before, again := r.known[got.Key]
	switch {
	case status != 0:
	case got.Authorization != "Bearer "+r.key:
		status, text = http.StatusUnauthorized, `{"statusCode":401,"name":"validation_error","message":"API key is invalid"}`
	case req.Method != http.MethodPost || req.URL.Path != "/emails":
		status, text = http.StatusMethodNotAllowed, `{"statusCode":405,"name":"method_not_allowed","message":"Method is not allowed"}`
	case bad != nil || got.Mail.From == "" || len(got.Mail.To) == 0 || got.Mail.Subject == "":
		status, text = http.StatusUnprocessableEntity, `{"statusCode":422,"name":"missing_required_field","message":"a field is missing"}`
	case got.Key == "" || len(got.Key) > 256:
		status, text = http.StatusBadRequest, `{"statusCode":400,"name":"invalid_idempotency_key","message":"1 to 256 characters"}`
	case again && before != string(body):
		status, text = http.StatusConflict, `{"statusCode":409,"name":"invalid_idempotent_request","message":"another mail has this key"}`
	default:
		if !again {
			r.known[got.Key] = string(body)
			r.mails = append(r.mails, got.Mail)
		}
		status, text = http.StatusOK, `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
