package main

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
)

// testOf gives what certificatetest needs of a test to a script.
type testOf struct {
	testing.TB
	ts *testscript.TestScript
}

func (t testOf) Helper()           {}
func (t testOf) Fatal(args ...any) { t.ts.Fatalf("%v", args) }

// certificate NAME makes NAME.crt and NAME.key for 127.0.0.1, and sets PIN to its pin.
func makeCertificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: certificate NAME")
	}
	pair := certificatetest.New(testOf{ts: ts}, "127.0.0.1")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".crt"), pair.CertPEM, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), pair.KeyPEM, 0o600))
	pin := sha256.Sum256(pair.TLS.Leaf.RawSubjectPublicKeyInfo)
	ts.Setenv("PIN", base64.StdEncoding.EncodeToString(pin[:]))
}

// get URL FILE puts the answer to a request into FILE: the status, the headers, and
// the body. Redirects are not followed. "! get" is for what does not answer.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: get URL FILE")
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	resp, err := client.Get(args[0])
	if neg {
		if err == nil {
			_ = resp.Body.Close()
			ts.Fatalf("%s answers", args[0])
		}
		return
	}
	ts.Check(err)
	defer resp.Body.Close()
	var text strings.Builder
	text.WriteString(resp.Proto + " " + resp.Status + "\n")
	ts.Check(resp.Header.Write(&text))
	text.WriteString("\n")
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	text.Write(body)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text.String()), 0o600))
}
