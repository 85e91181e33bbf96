package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/internal/doctor"
	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// hostile is a text that drives a terminal, or deceives its reader, in every way that
// one can; harmless is as long in lines.
const (
	hostile  = "x\x1b[2J\x1b]0;t\a\b\r\n\t\v\x00\x7f\u0085\u009b31m\u061c\u200e\u202e\u2066\u2028\u2029\xffy"
	harmless = "xy"
)

// foreign returns values whose strings and lists of strings are all text.
func foreign(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // others are words of this program
			v.SetString(text)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String || v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			foreign(v.Index(0), text)
			foreign(v.Index(1), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				foreign(v.Field(i), text)
			}
		}
	}
}

// filled is v with text in all its strings.
func filled[T any](v T, text string) T {
	foreign(reflect.ValueOf(&v).Elem(), text)
	return v
}

// foreignEvents are all events, with text wherever there is some.
func foreignEvents(text string) (all []tallow.Event) {
	for _, r := range []tallow.WaitReason{
		tallow.WaitLooking, tallow.WaitNobody, tallow.WaitUnreachable, tallow.WaitRelayLost, tallow.WaitListing, tallow.WaitRelayBack,
	} {
		all = append(all, filled(tallow.WaitEvent{Reason: r}, text))
	}
	all = append(all, filled(tallow.CodeEvent{LocalOnly: true}, text), filled(tallow.CodeEvent{}, text), tallow.PeerEvent{}, filled(tallow.NameEvent{}, text))
	all = append(all, filled(tallow.VerifyEvent{}, text), filled(tallow.OfferEvent{}, text), filled(tallow.OfferEvent{Offer: tallow.Offer{Bytes: 99, Known: true}}, text))
	for _, s := range []tallow.State{tallow.StatePending, tallow.StateTransferring, tallow.StatePaused, tallow.StateConnecting, tallow.StateTransferring} {
		all = append(all, filled(tallow.StateEvent{State: s}, text))
	}
	all = append(all,
		filled(tallow.LaneEvent{Lane: tallow.LaneTCP, Up: true}, text), filled(tallow.ProgressEvent{Bytes: 1, Total: 9, Rate: 1}, text),
		tallow.StallEvent{Reason: tallow.StallReason(text)}, filled(tallow.FileEvent{Bytes: 1}, text), filled(tallow.RenameEvent{}, text),
		filled(tallow.SkipEvent{}, text), filled(tallow.SkipEvent{LeftOut: true}, text), filled(tallow.SkipEvent{Kept: true}, text),
		filled(tallow.LeftoverEvent{}, text))
	r := filled(tallow.Result{Files: 2, Bytes: 2, Sent: 1, Skipped: 1, LeftOut: 1, Kept: 1, Elapsed: time.Second, Lanes: map[tallow.Lane]int64{tallow.LaneTCP: 1}}, text)
	r.Root, r.Text = "ea8f", ""
	all = append(all, tallow.EndEvent{State: tallow.StateCompleted, Result: r})
	r.Files, r.Text = 1, text
	return append(all, tallow.EndEvent{State: tallow.StateCompleted, Result: r})
}

// Every place where text of a peer or a relay is shown to people: none shows what could
// drive the terminal, and none lets that text begin a line.
func TestForeignTextForPeople(t *testing.T) {
	places := map[string]func(w io.Writer, text string){
		"an offer": func(w io.Writer, text string) {
			for _, columns := range []int{20, 80, 200} {
				for _, kind := range []files.Kind{files.KindFile, files.KindDir, files.KindSymlink, files.KindStream} {
					e := filled(files.Entry{Kind: kind, Mode: 0o755}, text)
					o := filled(tallow.Offer{Known: true}, text)
					o.Entries = []files.Entry{e, e}
					fmt.Fprint(w, offerText(o, columns))
					fmt.Fprint(w, offerText(listed(e), columns))
				}
			}
		},
		"a conflict":        func(w io.Writer, text string) { fmt.Fprint(w, conflictQuestion(filled(tallow.Existing{}, text))) },
		"a transfer of old": func(w io.Writer, text string) { details(w, filled(history.Entry{State: history.Failed}, text)) },
		"--dry-run": func(w io.Writer, text string) {
			throughFile(t, w, func(p *program) {
				for _, it := range []tallow.ListItem{{Kind: files.KindFile}, {LeftOut: true}} {
					if it.LeftOut {
						it.Reason = text
					}
					it.Path = text
					_ = p.showListed(it)
				}
			})
		},
		"the doctor": func(w io.Writer, text string) {
			throughFile(t, w, func(p *program) {
				p.printCheck(doctor.Check{Name: "relay", State: doctor.Failed, Text: text, Hint: text})
			})
		},
		"the history": func(w io.Writer, text string) {
			throughFile(t, w, func(p *program) { _ = p.show([]history.Entry{filled(history.Entry{}, text)}, true) })
		},
		"an error of another type": func(w io.Writer, text string) {
			throughFile(t, w, func(p *program) { p.exit(errors.New(text)) })
		},
	}
	for _, receives := range []bool{false, true} {
		for _, verbose := range []bool{false, true} {
			places[fmt.Sprintf("events, received %v, verbose %v", receives, verbose)] = func(w io.Writer, text string) {
				s := &screen{w: w, moves: !verbose}
				n := &narrator{
					screen: s, row: s.newRow(""), receives: receives, verbose: verbose, wait: time.Minute, acceptMax: 98, subject: namesText([]string{text}),
				}
				for _, e := range foreignEvents(text) {
					n.event(e)
				}
			}
		}
	}
	for _, reason := range append(reasons(t), "unknown") {
		places["the error "+string(reason)] = func(w io.Writer, text string) {
			throughFile(t, w, func(p *program) {
				for _, sends := range []bool{false, true} {
					e := filled(tallow.Error{Kind: tallow.KindIO, Sending: sends}, text)
					e.Reason = reason
					p.exit(&e)
				}
			})
		}
	}
	for place, show := range places {
		var bad, good bytes.Buffer
		show(&bad, hostile)
		show(&good, harmless)
		out := bad.String()
		if !utf8.ValidString(out) || strings.ContainsFunc(moving(out), drives) {
			t.Errorf("%s shows %q", place, out)
		}
		if got, want := strings.Count(out, "\n"), strings.Count(good.String(), "\n"); got != want || want == 0 {
			t.Errorf("%s has %d lines, want %d: %q", place, got, want, out)
		}
	}
}

// drives says whether a terminal may do something at a character, other than to end a
// line, or to go to the next column of a table.
func drives(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// moving is text without the sequences with which the progress is drawn.
func moving(text string) string {
	return strings.NewReplacer(eraseBelow, "", eraseRest, "", wrapOff, "", wrapOn, "", "\r", "").Replace(text)
}

// throughFile calls f with a program whose streams are a file, and copies that to w.
func throughFile(t *testing.T, w io.Writer, f func(*program)) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f(&program{stdout: file, stderr: file, getenv: func(string) string { return "" }})
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, file); err != nil {
		t.Fatal(err)
	}
}

// The events and the log have the texts as they are, in a form that no terminal obeys.
func TestForeignTextForPrograms(t *testing.T) {
	valid := strings.ToValidUTF8(hostile, "\ufffd")
	var out bytes.Buffer
	e := newEncoder(&out, nil)
	for _, event := range foreignEvents(hostile) {
		e.event(event)
	}
	e.failed(&failure{message: hostile, hint: hostile})
	e.check(filled(doctor.Check{}, hostile))
	e.warn("reason", "%s", hostile)
	e.listed(tallow.ListItem{Path: hostile})
	e.write(historyEvent(filled(history.Entry{}, hostile)))
	slog.New(slog.NewJSONHandler(jsonWriter{&out}, nil)).Info(hostile, hostile, hostile)
	for line := range strings.Lines(out.String()) {
		if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return drives(r) || r == '\t' || r == '\n' }) {
			t.Errorf("%q", line)
		}
		var back map[string]any
		if err := json.Unmarshal([]byte(line), &back); err != nil {
			t.Errorf("%v: %q", err, line)
		}
	}
	if !strings.Contains(decoded(t, out.String()), valid) {
		t.Error("the text does not come back as it was")
	}
	if n := strings.Count(out.String(), "\n"); n < 30 {
		t.Errorf("only %d lines", n)
	}

	out.Reset()
	slog.New(slog.NewTextHandler(&out, nil)).Info(hostile, "detail", hostile)
	if strings.ContainsFunc(out.String(), drives) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("the log has %q", &out)
	}
}

// decoded is all strings in lines of JSON.
func decoded(t *testing.T, lines string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(lines) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		for _, v := range fields {
			fmt.Fprintln(&all, v)
		}
	}
	return all.String()
}

func FuzzJSONWriter(f *testing.F) {
	for _, s := range []string{"a", hostile, "\u009b", "\U000e0001", "\xff\x9b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		if err := json.NewEncoder(jsonWriter{&out}).Encode(s); err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Errorf("%q comes back as %q, %v", s, back, err)
		}
		if strings.ContainsFunc(out.String(), drives) {
			t.Errorf("%q is written as %q", s, &out)
		}
	})
}
