package main

import (
	"io/fs"
	"log/slog"
	"os"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// logFileMode lets nobody else read a log: it has names and addresses in it.
const logFileMode fs.FileMode = 0o600

// openLogFile opens the file of --log-file, to which every run adds.
func (p *program) openLogFile() error {
	if p.logName == "" || p.logFile != nil {
		return nil
	}
	f, err := os.OpenFile(p.fromHome(p.logName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, logFileMode)
	if err != nil {
		return &failure{
			kind: tallow.KindIO, message: "the log cannot be written to " + p.logName + ": " + cause(err),
			hint: "Choose another file with --log-file.", err: err,
		}
	}
	p.logFile = f
	return nil
}

// closeLogFile notes how the program ended, and closes the log.
func (p *program) closeLogFile(err error) {
	if p.logFile == nil {
		return
	}
	log := slog.New(p.logHandler())
	if err == nil {
		log.Info("ended")
	} else {
		f := failureOf(err)
		log.Error("ended", "kind", f.kind, "reason", f.reason, "message", f.message)
	}
	_ = p.logFile.Close() // there is nobody to tell
}

// logHandler writes to the log file.
func (p *program) logHandler() slog.Handler {
	return slog.NewTextHandler(p.logFile, &slog.HandlerOptions{Level: slog.LevelDebug})
}

// debugLogger logs for --verbose and --log-file; nil without both.
func (p *program) debugLogger() *slog.Logger {
	switch {
	case p.verbose && p.logFile != nil:
		return slog.New(slog.NewMultiHandler(p.logger(slog.LevelDebug).Handler(), p.logHandler()))
	case p.verbose:
		return p.logger(slog.LevelDebug)
	case p.logFile != nil:
		return slog.New(p.logHandler())
	}
	return nil
}

// logEvent notes what happens in a transfer, without its code, words and text. device is
// empty unless there are several.
func (p *program) logEvent(device string, event tallow.Event) {
	if p.logFile == nil {
		return
	}
	log := slog.New(p.logHandler())
	if device != "" {
		log = log.With("device", device)
	}
	switch e := event.(type) {
	case tallow.StateEvent:
		log.Info("state", "state", e.State, "reason", e.Reason)
	case tallow.NameEvent:
		log.Info("name", "name", e.Name)
	case tallow.LaneEvent:
		log.Info("lane", "lane", e.Lane, "state", upOrDown(e.Up), "address", addressText(e.Address))
	case tallow.OfferEvent:
		log.Info("offer", "files", e.Offer.Files, "bytes", e.Offer.Bytes, "resuming", e.Offer.Resuming)
	case tallow.SkipEvent:
		log.Info("skip", "path", e.Path, "reason", e.Reason)
	case tallow.EndEvent:
		r := e.Result
		log.Info("end", "state", e.State, "files", r.Files, "bytes", r.Bytes, "sent", r.Sent, "seconds", r.Elapsed.Seconds(), "skipped", r.Skipped, "root", r.Root)
	}
}
