package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testCase measures one byte with a tool that is made up.
func testCase(t *testing.T, ctx context.Context, limit time.Duration, transfer func(context.Context, job) (sample, error)) (*result, error) {
	t.Helper()
	l := &lab{options: options{runs: 2, limit: limit}, work: t.TempDir(), progress: io.Discard}
	folder := filepath.Join(l.work, "made up")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	src, err := payload{bytes: 1}.make(folder)
	if err != nil {
		t.Fatal(err)
	}
	r := &result{Case: caseByte, Tool: "made up", Status: statusMeasured}
	err = l.rounds(ctx, folder, []*result{r}, map[*result]tool{r: {name: "made up", transfer: transfer}}, job{source: src})
	r.summarize()
	return r, err
}

// A tool that puts the wrong bytes in place ends the benchmark.
func TestWrongBytes(t *testing.T) {
	tests := map[string]func(job) error{
		"nothing":       func(job) error { return nil },
		"another byte":  func(j job) error { return os.WriteFile(filepath.Join(j.dest, "payload"), []byte("x"), 0o644) },
		"an empty file": func(j job) error { return os.WriteFile(filepath.Join(j.dest, "payload"), nil, 0o644) },
		"a folder":      func(j job) error { return os.MkdirAll(filepath.Join(j.dest, "payload", "payload"), 0o755) },
	}
	for name, put := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := testCase(t, t.Context(), time.Hour, func(_ context.Context, j job) (sample, error) { return sample{Seconds: 1}, put(j) })
			var wrong wrongBytes
			if !errors.As(err, &wrong) || r.Status != statusFailed || len(r.Runs) != 0 {
				t.Errorf("error %v, status %q, %d runs; want one of wrong bytes", err, r.Status, len(r.Runs))
			}
		})
	}
}

// A tool that works is run as often as requested, with an empty destination each
// time. A tool that fails is reported, and the others continue.
func TestRounds(t *testing.T) {
	r, err := testCase(t, t.Context(), time.Hour, func(_ context.Context, j job) (sample, error) {
		if entries, err := os.ReadDir(j.dest); err != nil || len(entries) > 0 {
			t.Errorf("the destination has %v (%v)", entries, err)
		}
		return sample{Seconds: 2}, os.Link(j.source.path, filepath.Join(j.dest, "payload"))
	})
	if err != nil || r.Status != statusMeasured || len(r.Runs) != 2 || r.Seconds.Median != 2 {
		t.Errorf("error %v, %+v; want two runs of 2 s", err, r)
	}
	for why, status := range map[error]string{errors.New("broken"): statusFailed, unavailable("not here"): statusUnavailable} {
		r, err = testCase(t, t.Context(), time.Hour, func(context.Context, job) (sample, error) { return sample{}, why })
		if err != nil || r.Status != status || r.Why != why.Error() {
			t.Errorf("%v: error %v, status %q, %q", why, err, r.Status, r.Why)
		}
	}
}

// A tool that hangs is ended, and so is the benchmark when it is interrupted.
func TestHangs(t *testing.T) {
	hang := func(ctx context.Context, _ job) (sample, error) {
		<-ctx.Done()
		return sample{}, ctx.Err()
	}
	r, err := testCase(t, t.Context(), 50*time.Millisecond, hang)
	if err != nil || r.Status != statusFailed || !strings.Contains(r.Why, "longer than") {
		t.Errorf("error %v, status %q, %q; want one of the time", err, r.Status, r.Why)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if r, err = testCase(t, ctx, time.Hour, func(ctx context.Context, j job) (sample, error) {
		cancel()
		return hang(ctx, j)
	}); !errors.Is(err, context.Canceled) || r.Status != statusFailed || len(r.Runs) > 0 {
		t.Errorf("error %v, status %q, %d runs; want the context's error and no figures", err, r.Status, len(r.Runs))
	}
}
