package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
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

// until-metric URL PATTERN waits until the metrics at URL have the pattern in them.
func untilMetric(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until-metric URL PATTERN")
	}
	pattern := regexp.MustCompile(args[1])
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	ts.Check(poll(func() error {
		resp, err := client.Get(args[0])
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err == nil && !pattern.Match(body) {
			err = fmt.Errorf("no %s in\n%s", pattern, body)
		}
		return err
	}))
}

// secretless FILE CODE fails if a log tells of the code, of one of its words, or of a
// client's port.
func secretless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: secretless FILE CODE")
	}
	log := ts.ReadFile(args[0])
	bare, _, _ := strings.Cut(args[1], "@")
	nameplate, words, _ := strings.Cut(bare, "-")
	for _, secret := range append(strings.Split(words, "-"), bare, "nameplate="+nameplate, `nameplate":`, "ticket") {
		if strings.Contains(log, secret) {
			ts.Fatalf("%q is in the log:\n%s", secret, log)
		}
	}
	// The relay's own addresses are there, and those of nobody else.
	for _, addr := range regexp.MustCompile(`\d+\.\d+\.\d+\.\d+:\d+`).FindAllString(log, -1) {
		if !strings.Contains(log, `"addr":"`+addr+`"`) {
			ts.Fatalf("%s is in the log:\n%s", addr, log)
		}
	}
}
