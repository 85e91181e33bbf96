package main

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/settings"
)

// The forms of the relay's log.
const (
	logText = "text"
	logJSON = "json"
)

func (s *server) logSettings() []settings.Setting {
	s.logFormat = logText
	return []settings.Setting{
		{Name: "log-format", Value: &s.logFormat, Help: "`format` of the log on stderr: text or json"},
	}
}

// relayLogger returns the logger of the relay. --json makes the log JSON as well, with
// an event in each line.
func (s *server) relayLogger() *slog.Logger {
	if s.json || s.logFormat == logText {
		return s.logger(s.level())
	}
	return slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: s.level()}))
}

// level returns the level of the log.
func (s *server) level() slog.Level {
	switch {
	case s.verbose:
		return slog.LevelDebug
	case s.quiet:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
