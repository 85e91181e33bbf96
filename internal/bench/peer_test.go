package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParsePeer(t *testing.T) {
	for value, want := range map[string]peer{
		"croc=croc send {file}":               {"croc", "croc send {file}", ""},
		"a=A=1 b {file} :: c -o {folder} =d ": {"a", "A=1 b {file}", "c -o {folder} =d"},
		"ipv6=cp {file} [fe80::1]:{folder}":   {"ipv6", "cp {file} [fe80::1]:{folder}", ""},
	} {
		if got, err := parsePeer(value); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", value, got, err, want)
		}
	}
	for _, value := range []string{"", "name", "=command", "name=", "two names=command", "a,b=command", "a|b=command", "name= :: command"} {
		if got, err := parsePeer(value); err == nil {
			t.Errorf("%q: got %+v, want an error", value, got)
		}
	}
}

func TestPeerNames(t *testing.T) {
	var f peerFlags
	for value, good := range map[string]bool{"mine=a": true, "scp=a": false, toolTallow + "=a": false} {
		if err := f.Set(value); (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
	}
	if err := f.Set("mine=b"); err == nil {
		t.Error("two peers of one name")
	}
}

// What is put into a command is one word of a shell, whatever is in it.
func TestFill(t *testing.T) {
	values := map[string]string{"file": "/a b/it's", "folder": "/{file}"}
	if got, want := fill("x {file} {folder}/{none}", values), `x '/a b/it'\''s' '/{file}'/{none}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// transferWith transfers one file with a peer, in a folder with a space in its name.
func transferWith(t *testing.T, ctx context.Context, command string) (*result, error) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("NOT TESTED: there is no sh")
	}
	p, err := parsePeer("mine=" + command)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{}
	return testCase(t, ctx, time.Minute, l.withPeer(p))
}

func TestPeer(t *testing.T) {
	for name, tt := range map[string]struct {
		command string
		sides   int
	}{
		"one command":            {`cp {file} {folder}/`, 1},
		"by a file in between":   {`cp {file} {work}/{code} && echo ready :: cp {work}/{code} {folder}/payload`, 2},
		"told by its first line": {`echo {code}; echo {file} :: test {line} = {code} && cp "$(dirname {folder})"/../payload {folder}`, 2},
		"a sender without words": {`cp {file} {work}/x :: until [ -f {work}/x ]; do :; done; cp {file} {folder}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transferWith(t, t.Context(), tt.command)
			if err != nil || r.Status != statusMeasured || len(r.Runs) != 2 {
				t.Fatalf("error %v, %+v", err, r)
			}
			if got := r.Runs[0].Sides; len(got) != tt.sides || got[0].Name != sideSender || got[len(got)-1].Name == sideSender && tt.sides > 1 {
				t.Errorf("sides %+v", got)
			}
			if r.Seconds.Median <= 0 {
				t.Errorf("%+v", r.Seconds)
			}
		})
	}
}

// A side that fails ends the other one, and the table says why.
func TestPeerFails(t *testing.T) {
	for _, command := range []string{
		"echo broken >&2; exit 3",
		"echo broken >&2; exit 3 :: true",
		"echo ready; exec sleep 1000 :: echo broken >&2; exit 1",
	} {
		r, err := transferWith(t, t.Context(), command)
		if err != nil || r.Status != statusFailed || !strings.Contains(r.Why, "broken") {
			t.Errorf("%q: error %v, status %q, %q; want a failure that says broken", command, err, r.Status, r.Why)
		}
	}
}

// A peer takes part in the cases, and a result of it is in the table.
func TestPeerInTable(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("NOT TESTED: there is no sh")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "tallow") // nothing of it is used
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var table, progress strings.Builder
	code := run(t.Context(), []string{"--quick", "--dir", dir, "--tallow", program, "--case", "file,small", "--tool", "mine", "--peer", "mine=cp -r {file} {folder}"}, &table, &progress)
	rows := tableRows(t, table.String())
	if code != 0 || len(rows[caseFile]["mine"]) < 5 || len(rows[caseSmall]["mine"]) < 5 {
		t.Errorf("exit code %d\n%s%s", code, &progress, &table)
	}
}
