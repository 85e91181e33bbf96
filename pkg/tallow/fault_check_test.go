package tallow_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// check checks how a run with faults ended. It returns true if another run has to
// transfer the rest.
func (r *faultRun) check() (unfinished bool) {
	complete := r.checkFiles()
	for by, s := range r.outcomes {
		switch kind := r.checkError(by, s.err); kind {
		case "":
			if !complete {
				r.problemf("the %s succeeded, but files are missing", by)
			}
		case tallow.KindNetwork, tallow.KindCode:
		case tallow.KindInterrupted, tallow.KindDeclined:
			if !r.wasApplied(cancelSender, cancelReceiver) {
				r.problemf("the %s ended with %s, but was not cancelled", by, kind)
			}
		default:
			r.problemf("the %s ended with %s: %v", by, kind, s.err)
		}
		if r.plan.recoverable && s.err != nil {
			r.problemf("the %s failed, although all faults can be recovered from", by)
		}
	}
	if r.outcomes[roleReceiver].err == nil {
		r.checkLeftovers()
	}
	return r.outcomes[roleReceiver].err != nil
}

// checkError checks that an error has a reason, and returns its kind.
func (r *faultRun) checkError(by role, err error) tallow.ErrorKind {
	if err == nil {
		return ""
	}
	e, ok := err.(*tallow.Error)
	switch {
	case !ok:
		r.problemf("the %s's error is not an *Error: %v", by, err)
		return ""
	case e.Reason == "" || e.Kind == "":
		r.problemf("the %s's error has no reason or no kind", by)
	case e.Reason == tallow.ReasonInternal:
		r.problemf("the %s has an internal error: %v", by, e)
	}
	return e.Kind
}

// checkFiles checks that every file with its final name has the right content. It
// returns true if all files are there.
func (r *faultRun) checkFiles() bool {
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
			r.problemf("%s was never sent", rel)
		case !slices.Equal(got, want):
			r.problemf("%s has the wrong content", rel)
		}
		seen++
		return nil
	})
	if err != nil {
		r.problemf("cannot read the received files: %v", err)
	}
	return seen == len(r.plan.files)
}

// checkLeftovers checks that nothing is left but the files that were sent.
func (r *faultRun) checkLeftovers() {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		r.problemf("%v", err)
	}
	for _, e := range entries {
		if e.Name() != "d" {
			r.problemf("%s is left over", e.Name())
		}
	}
}

// checkResumed checks a run that resumes another one. Neither process was killed,
// so no byte may be sent twice. (After a kill, up to 64 MiB may.)
func (r *faultRun) checkResumed(outcomes map[role]*outcome) {
	for by, s := range outcomes {
		if s.err != nil {
			r.problemf("resumed without faults, the %s: %v", by, cause(s.err))
		}
	}
	if len(r.problems) > 0 {
		return
	}
	if !r.checkFiles() {
		r.problemf("resumed without faults, but files are missing")
	}
	r.checkLeftovers()
	had := r.outcomes[roleReceiver].result.Bytes // in place
	for _, e := range r.outcomes[roleReceiver].events {
		if p, ok := e.(tallow.ProgressEvent); ok {
			had = max(had, p.Bytes) // verified and written
		}
	}
	if sent := outcomes[roleSender].result.Sent; sent > r.plan.total()-had {
		r.problemf("resumed: %d bytes were sent of %d, of which %d were there", sent, r.plan.total(), had)
	}
}
