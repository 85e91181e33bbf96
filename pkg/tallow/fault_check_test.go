package tallow_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// judge holds a run with faults against what it may end as, and tells whether
// there is something left for another run.
func (r *faultRun) judge() (left bool) {
	whole := r.judgeFiles()
	for by, s := range r.sides {
		switch kind := r.judgeError(by, s.err); kind {
		case "":
			if !whole {
				r.complain("the %s succeeded and not everything is there", by)
			}
		case tallow.KindNetwork, tallow.KindCode:
		case tallow.KindInterrupted, tallow.KindDeclined:
			if !r.hasStruck(cancelSender, cancelReceiver) {
				r.complain("the %s ended as %s, and nobody did that", by, kind)
			}
		default:
			r.complain("the %s ended as %s: %v", by, kind, s.err)
		}
		if r.plan.mild && s.err != nil {
			r.complain("the %s gave up, although nothing worse than a broken connection happened", by)
		}
	}
	if r.sides[theReceiver].err == nil {
		r.judgeRest()
	}
	return r.sides[theReceiver].err != nil
}

// judgeError checks that an error says what happened, and gives its kind.
func (r *faultRun) judgeError(by from, err error) tallow.ErrorKind {
	if err == nil {
		return ""
	}
	e, ok := err.(*tallow.Error)
	switch {
	case !ok:
		r.complain("the %s's error is not an *Error: %v", by, err)
		return ""
	case e.Reason == "" || e.Kind == "":
		r.complain("the %s's error says nothing", by)
	case e.Reason == tallow.ReasonInternal:
		r.complain("the %s has an error that nobody can explain: %v", by, e)
	}
	return e.Kind
}

// judgeFiles checks that what has a name has the right bytes, and tells whether
// everything has.
func (r *faultRun) judgeFiles() bool {
	seen := 0
	err := filepath.WalkDir(r.out, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".tallow-"):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		rel, _ := filepath.Rel(r.out, path)
		got, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(filepath.Join(r.src, rel))
		switch {
		case err != nil:
			r.complain("%s was never sent", rel)
		case !slices.Equal(got, want):
			r.complain("%s has wrong bytes", rel)
		}
		seen++
		return nil
	})
	if err != nil {
		r.complain("what was received cannot be read: %v", err)
	}
	return seen == len(r.plan.files)
}

// judgeRest checks that nothing but what was sent is there.
func (r *faultRun) judgeRest() {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		r.complain("%v", err)
	}
	for _, e := range entries {
		if e.Name() != "d" {
			r.complain("%s is left behind", e.Name())
		}
	}
}

// judgeAgain checks the run that takes up what another one left. Both ended in
// order, so nothing may cross twice; after a kill it could be up to 64 MiB.
func (r *faultRun) judgeAgain(sides map[from]*side) {
	for by, s := range sides {
		if s.err != nil {
			r.complain("taken up without faults, the %s: %v", by, cause(s.err))
		}
	}
	if len(r.problems) > 0 {
		return
	}
	if !r.judgeFiles() {
		r.complain("taken up without faults, not everything is there")
	}
	r.judgeRest()
	had := r.sides[theReceiver].result.Bytes // in place
	for _, e := range r.sides[theReceiver].events {
		if p, ok := e.(tallow.ProgressEvent); ok {
			had = max(had, p.Bytes) // verified and written
		}
	}
	if sent := sides[theSender].result.Sent; sent > r.plan.total()-had {
		r.complain("taken up, %d bytes crossed of %d, of which %d were there", sent, r.plan.total(), had)
	}
}
