package errorreport

import (
	"regexp"
	"strings"

	"github.com/getsentry/sentry-go"
)

// reported says which attributes of a record may be reported. Others stay here.
func reported(key string) bool {
	switch key {
	case "check", "error", "reason", "count", "retry":
		return true
	}
	return false
}

// scrubber masks what could be secret or tell who somebody is: URLs beyond their
// scheme, addresses, codes, names of hosts and files, and long digits or letters, such
// as tickets and keys.
type scrubber []mask

func (s scrubber) scrub(text string) string {
	for _, mask := range s {
		text = mask.pattern.ReplaceAllString(text, mask.with)
	}
	const longest = 1000 // bytes
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

type mask struct {
	pattern *regexp.Regexp
	with    string
}

// newScrubber makes a scrubber, whose masks are applied in this order.
func newScrubber() scrubber {
	return scrubber{
		{regexp.MustCompile(`"(?:[^"\\]|\\.)*"`), `"…"`},
		{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*)://\S+`), "<url>"},
		{regexp.MustCompile(`[^\s@"]+@[^\s@"]+`), "…@…"},
		{regexp.MustCompile(`\b\d{1,9}(-\p{L}+){2,}`), "<code>"},
		{regexp.MustCompile(`\d{1,3}(\.\d{1,3}){3}(:\d+)?`), "<address>"},
		{regexp.MustCompile(`\[?[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,}(%\w+)?\]?(:\d+)?`), "<address>"},
		{regexp.MustCompile(`(?:[A-Za-z]:)?[/\\][^\s:"]+`), "<path>"},
		{regexp.MustCompile(`\b(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,}\b`), "<name>"},
		{regexp.MustCompile(`[A-Za-z0-9+/_=-]{20,}`), "<secret>"},
	}
}

// splitPanic separates the panic of an HTTP handler from its stack. The value of a
// panic may be anything, so only those of Go itself are kept. Of the stack, the names
// of functions are kept, without arguments.
func splitPanic(message string) (first, stack string) {
	first, rest, found := strings.Cut(message, "\n")
	if !strings.Contains(first, ": panic serving ") {
		return first, ""
	}
	where, value, _ := strings.Cut(first, ": panic serving ")
	first = where + ": panic"
	if _, runtime, ok := strings.Cut(value, "runtime error: "); ok {
		first += ": runtime error: " + runtime
	}
	if !found {
		return first, ""
	}
	var functions []string
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\n")
		if name, _, ok := cutLast(line, "("); ok && strings.HasSuffix(line, ")") && !strings.HasPrefix(line, "\t") {
			functions = append(functions, name)
		}
	}
	return first, strings.Join(functions, "\n")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// bare leaves of an event what report has put into it.
func bare(event *sentry.Event) *sentry.Event {
	event.User = sentry.User{}
	event.Request = nil
	event.Breadcrumbs = nil
	event.Modules = nil
	for name := range event.Contexts {
		if name != "panic" {
			delete(event.Contexts, name)
		}
	}
	return event
}
