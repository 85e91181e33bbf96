package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// lab is the environment of all measurements.
type lab struct {
	options  options
	work     string // a folder on the disk to measure with
	self     string // this program
	tallow   string
	built    string // the commit of tallow, if it was built here
	ssh      sshTools
	progress io.Writer
}

func newLab(ctx context.Context, o options, work string, progress io.Writer) (*lab, error) {
	l := &lab{options: o, work: work, ssh: findSSH(), progress: progress}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if o.tallow == "" {
		return l, l.build(ctx)
	}
	if l.tallow, err = filepath.Abs(o.tallow); err != nil {
		return nil, err
	}
	if _, err := os.Stat(l.tallow); err != nil {
		return nil, fmt.Errorf("there is no tallow command: %w", err)
	}
	return l, nil
}

// build builds tallow as for a release.
func (l *lab) build(ctx context.Context) error {
	l.tallow = filepath.Join(l.work, "tallow")
	if runtime.GOOS == "windows" {
		l.tallow += ".exe"
	}
	l.say("building tallow")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", l.tallow, "github.com/tallow-transfer/tallow/cmd/tallow")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build tallow: %w\n%s", err, output)
	}
	l.built = output(ctx, "git", "describe", "--always", "--dirty")
	return nil
}

// say reports progress.
func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(l.progress, format+"\n", args...)
}

// measure measures a case. An error ends the benchmark: wrong bytes, or the end of
// the context. The results so far are returned as well.
func (l *lab) measure(ctx context.Context, c benchCase, as string) (results []*result, err error) {
	used := make(map[*result]tool)
	for _, t := range l.tools() {
		if (slices.Contains(c.tools, t.name) || l.isPeer(t.name)) && chosen(l.options.tools, t.name) {
			r := &result{Case: c.name, About: c.about, As: as, Tool: t.name, ToolAbout: t.about, Status: statusMeasured, link: c.link}
			results, used[r] = append(results, r), t
		}
	}
	if len(results) == 0 {
		return nil, nil
	}
	j := job{from: host{address: "127.0.0.1"}, to: host{address: "127.0.0.1"}, events: c.payload.files == 0}
	if c.link != nil {
		ends, err := l.connect(ctx, *c.link, as)
		if err != nil {
			l.say("%s: %v", c.name, err)
			for _, r := range results {
				r.fail(err)
			}
			return results, ctx.Err()
		}
		defer ends.stop()
		j.from, j.to, j.beside = ends.a, ends.b, c.link.beside
		for _, r := range results {
			r.Congestion, r.BBR = ends.congestion, ends.asked
		}
	}
	folder := filepath.Join(l.work, c.name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	l.say("%s: making what is sent", c.name)
	if j.source, err = c.payload.make(folder); err != nil {
		return nil, err
	}
	for _, r := range results {
		r.Bytes, r.Files = j.source.bytes, j.source.files
		defer r.summarize()
	}
	return results, l.rounds(ctx, folder, results, used, j)
}

// rounds runs every tool once, then every tool again, and so on, so that other load
// on the machine affects all of them alike.
func (l *lab) rounds(ctx context.Context, folder string, results []*result, used map[*result]tool, j job) error {
	for n := range l.options.runs {
		for _, r := range results {
			if r.Status != statusMeasured {
				continue
			}
			s, err := l.once(ctx, folder, used[r], j)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				r.fail(err)
				l.say("%s: %s: %v", r.Case, r.Tool, err)
				var wrong wrongBytes
				if errors.As(err, &wrong) {
					return fmt.Errorf("%s: %w", r.Tool, err)
				}
				continue
			}
			r.Runs = append(r.Runs, s)
			l.say("%s: %s: %.3f s (%d of %d)", r.Case, r.Tool, s.Seconds, n+1, l.options.runs)
		}
	}
	return nil
}

// wrongBytes is the error of a tool that transferred something else than it was
// given.
type wrongBytes struct{ error }

// once runs a tool once, in empty folders that are removed afterwards.
func (l *lab) once(ctx context.Context, folder string, t tool, j job) (s sample, err error) {
	run := filepath.Join(folder, "run")
	j.dest, j.work = filepath.Join(run, "destination"), filepath.Join(run, "work")
	for _, dir := range []string{run, j.dest, j.work} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return s, err
		}
		if j.from.ordinary {
			if err := os.Chown(dir, ordinaryID, ordinaryID); err != nil {
				return s, err
			}
		}
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(run))
		flush(ctx)
	}()
	limited, cancel := context.WithTimeout(ctx, l.options.limit)
	defer cancel()
	s, err = l.run(limited, t, j)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return s, fmt.Errorf("it took longer than %v", l.options.limit)
	}
	if err == nil && t.name != toolRaw && t.name != toolChannel {
		if err = j.source.arrived(j.dest); err != nil {
			return s, wrongBytes{err}
		}
	}
	return s, err
}

// run runs a tool, beside a competing flow if the job has one.
func (l *lab) run(ctx context.Context, t tool, j job) (sample, error) {
	if !j.beside {
		return t.transfer(ctx, j)
	}
	f, err := l.startFlow(ctx, j, flowBegins)
	if err != nil {
		return sample{}, fmt.Errorf("the competing flow: %w", err)
	}
	s, err := t.transfer(ctx, j)
	flowed := f.stop()
	if err != nil {
		return s, err
	}
	first := s.began
	if s.Middle > 0 { // else the first data may not have been seen
		first = first.Add(time.Duration(s.First * float64(time.Second)))
	}
	s.Beside = rateBetween(flowed, first, s.ended)
	own := float64(j.source.bytes) * 8 / 1e6 / s.ended.Sub(first).Seconds()
	if s.Beside > 0 {
		s.Share = own / (own + s.Beside)
	}
	return s, nil
}

// isPeer says whether a tool is one of --peer.
func (l *lab) isPeer(name string) bool {
	return slices.ContainsFunc(l.options.peers, func(p peer) bool { return p.name == name })
}

// flush makes the system write out its buffers, so that no tool pays for what
// another one has written.
func flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_ = exec.CommandContext(ctx, "sync").Run() // Windows has none
}
