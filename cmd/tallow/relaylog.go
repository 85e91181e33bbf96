package main

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/errorreport"
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
		{Name: "sentry-dsn", Value: &s.sentryDSN, Help: "`DSN` of the Sentry project that errors are reported to, with nothing private in them (default none)", Secret: true},
		{Name: "log-format", Value: &s.logFormat, Help: "`format` of the log on stderr: text or json"},
	}
}

// openLog makes the logger of the relay. --json makes the log JSON as well, with an
// event in each line. The function that it returns sends what is to be reported still.
func (s *server) openLog() (closeLog func(), err error) {
	if s.json || s.logFormat == logText {
		s.config.Logger = s.logger(s.level())
	} else {
		s.config.Logger = slog.New(slog.NewJSONHandler(jsonWriter{s.stderr}, &slog.HandlerOptions{Level: s.level()}))
	}
	if s.sentryDSN == "" {
		return func() {}, nil
	}
	reporter, err := errorreport.New(s.sentryDSN, s.config.Version)
	if err != nil {
		return nil, usage("Sentry shows it in the settings of the project.", "%s is no DSN of Sentry", s.settings.Place("sentry-dsn"))
	}
	s.config.Logger = slog.New(reporter.Handler(s.config.Logger.Handler()))
	return reporter.Close, nil
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
