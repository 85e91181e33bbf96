package httpserver

import (
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// ErrorLog is the ErrorLog of an http.Server, which writes to a logger: panics as
// errors, and all else, which clients cause at will, for debugging alone. Addresses of
// clients are left out.
func ErrorLog(logger *slog.Logger) *log.Logger {
	return log.New(errorWriter{logger, regexp.MustCompile(`\[[0-9a-fA-F:.%\w]+\]:\d+|\d+\.\d+\.\d+\.\d+:\d+`)}, "", 0)
}

type errorWriter struct {
	logger  *slog.Logger
	address *regexp.Regexp
}

// Write gets one message.
func (w errorWriter) Write(p []byte) (int, error) {
	message := w.address.ReplaceAllString(strings.TrimSpace(string(p)), "a client")
	if strings.HasPrefix(message, "http: panic") || strings.HasPrefix(message, "http2: panic") {
		w.logger.Error(message)
	} else {
		w.logger.Debug(message)
	}
	return len(p), nil
}
