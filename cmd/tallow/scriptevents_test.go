package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// contract has the fields of every event, and a value of each field's JSON type.
// A program that reads events depends on all of it.
var contract = map[string]map[string]any{
	"code":     {"code": "", "nameplate": "", "relay": "", "local_only": false},
	"wait":     {"reason": "", "relay": "", "nameplate": "", "detail": ""},
	"peer":     {},
	"name":     {"name": ""},
	"verify":   {"words": ""},
	"leftover": {"path": "", "bytes": 0.0, "last": ""},
	"written":  {"path": "", "bytes": 0.0},
	"offer":    {"files": 0., "bytes": 0., "names": []any{}, "known": false, "text": false, "resuming": false, "peer": map[string]any{}},
	"lane":     {"lane": "", "state": "", "reason": "", "address": ""},
	"progress": {"bytes": 0., "total": 0., "files": 0., "rate": 0., "received": 0., "there": 0.},
	"state":    {"state": "", "reason": ""},
	"stall":    {"reason": ""},
	"file":     {"path": "", "name": "", "bytes": 0., "blake3": ""},
	"rename":   {"path": "", "name": ""},
	"skip":     {"path": "", "reason": "", "left_out": false, "kept": false},
	"text":     {"text": ""},
	"entry":    {"path": "", "kind": "", "bytes": 0.},
	"total":    {"files": 0., "bytes": 0., "known": false, "left_out": 0., "skipped": 0.},
	"done":     {"files": 0., "bytes": 0., "sent": 0., "seconds": 0., "lanes": map[string]any{}, "skipped": 0., "left_out": 0., "kept": 0., "root": "", "peer": map[string]any{}},
	"error":    {"kind": "", "reason": "", "message": "", "hint": ""},
	"fallback": {"reason": ""},
	"resume":   {"anew": ""},
	"stored":   {"link": "", "id": "", "relay": "", "expires": "", "downloads": 0.},
	"transfer": {
		"number": 0., "id": "", "link": "", "relay": "", "state": "", "created": "", "expires": "", "downloads": 0., "done": 0., "fetching": 0.,
		"password": false, "text": false, "names": []any{}, "files": 0., "bytes": 0.,
		"opened": "", "mails": []any{}, "words": "", "notify": "", "notify_key": "",
	},
	"mail":           {"number": 0., "id": "", "to": "", "by": "", "state": "", "reason": "", "changed": ""},
	"words":          {"id": "", "link": "", "words": ""},
	"device":         {"name": "", "relay": "", "paired": "", "heard": "", "accept": false, "folder": "", "max_bytes": 0., "fingerprint": "", "moved": ""},
	"imported":       {"added": []any{}, "back": []any{}, "here": []any{}, "taken": []any{}, "older": []any{}},
	"device-renamed": {"name": ""},
	"device-removed": {"name": ""},
	"device-changed": {"name": ""},
	"group":          {"name": "", "devices": []any{}},
	"group-removed":  {"name": ""},
	"device-sends":   {"name": "", "stored": false},
	"listens":        {"devices": 0.},
	"deleted":        {"number": 0., "id": ""},
	"listening":      {"addr": ""},
	"warning":        {"reason": "", "message": ""},
	"cleared":        {"entries": 0.},
	"removed":        {"id": ""},
	"stored-transfer": {
		"id": "", "created": "", "expires": "", "bytes": 0., "complete": false, "downloads": 0., "fetched": 0., "fetching": 0.,
	},
	"destroyed": {},
	"vault":     {"state": "", "key": "", "password": false},
	"history": {
		"id": 0., "started": "", "ended": "", "direction": "", "state": "", "text": false, "names": []any{}, "paths": []any{}, "folder": "",
		"peer": "", "address": "", "relay": "", "files": 0., "bytes": 0., "sent": 0., "skipped": 0., "seconds": 0., "lanes": map[string]any{}, "kind": "", "reason": "",
	},
	"version": {"version": "", "commit": "", "modified": false, "go": "", "platform": ""},
	"setting": {"name": "", "value": "", "source": "", "place": "", "secret": false},
	"config":  {"path": "", "exists": false},
	"check":   {"name": "", "state": "", "text": "", "hint": ""},
	"verdict": {"direct": "", "relayed": false, "local": false, "text": ""},
}

// events FILE WANT... checks that each line of FILE is an event as the contract
// has it, and that the wanted ones are among them in this order. FILE may be
// stdout or stderr. A WANT is the name of an event, perhaps with conditions:
//
//	done:files=1,sent<bytes,bytes>0
//
// where what is compared to is the name of another field or else a value.
func checkEvents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: events FILE WANT...")
	}
	want := args[1:]
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		event, err := parseEvent(line)
		if err != nil {
			ts.Fatalf("%v: %s", err, line)
		}
		if len(want) == 0 {
			continue
		}
		name, conditions, _ := strings.Cut(want[0], ":")
		if event["event"] != name {
			continue
		}
		if conditions == "" || meets(event, conditions) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		ts.Fatalf("no event %s in:\n%s", want[0], ts.ReadFile(args[0]))
	}
}

// parseEvent reads a line and checks it against the contract.
func parseEvent(line string) (map[string]any, error) {
	var event map[string]any
	if err := json.Unmarshal([]byte(line), &event); err != nil {
		return nil, err
	}
	name, _ := event["event"].(string)
	fields, ok := contract[name]
	if !ok {
		return nil, fmt.Errorf("there is no event %q", name)
	}
	if !strings.HasPrefix(line, `{"event":`) || !strings.HasSuffix(line, "\n") {
		return nil, fmt.Errorf("not as one line that begins with its name")
	}
	more := 1
	if _, ok := event["device"].(string); ok { // of one of several devices
		more++
	}
	if len(event) != len(fields)+more {
		return nil, fmt.Errorf("%d fields, want %d", len(event)-more, len(fields))
	}
	for field, kind := range fields {
		if got, want := fmt.Sprintf("%T", event[field]), fmt.Sprintf("%T", kind); got != want {
			return nil, fmt.Errorf("field %s is a %s, want a %s", field, got, want)
		}
	}
	return event, nil
}

// meets tells if an event meets conditions, separated by commas.
func meets(event map[string]any, conditions string) bool {
	for c := range strings.SplitSeq(conditions, ",") {
		at := strings.IndexAny(c, "=<>")
		field, op, want := event[c[:at]], c[at], c[at+1:]
		if other, ok := event[want]; ok {
			want = plainJSON(other)
		}
		if op == '=' && plainJSON(field) != want {
			return false
		}
		if op != '=' {
			limit, err := strconv.ParseFloat(want, 64)
			if n, ok := field.(float64); err != nil || !ok || op == '<' && n >= limit || op == '>' && n <= limit {
				return false
			}
		}
	}
	return true
}

// plainJSON is a value as JSON, a string without its quotes.
func plainJSON(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
