package main

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// settingWords are what to tell people to do about a setting, by what is wrong.
type settingWords struct {
	set    *settings.Set
	getenv func(string) string

	unreadable, syntax, unknown, bad string
}

// settingFailure puts an error of settings into words.
func settingFailure(err error, w settingWords) error {
	var e *settings.Error
	if !errors.As(err, &e) {
		return err
	}
	flag := w.set.Flag(e.Name)
	switch {
	case e.Problem == settings.Unreadable:
		return &failure{
			kind: tallow.KindIO, message: "cannot read the settings in " + e.Place + ": " + cause(e.Err),
			hint: w.unreadable, err: err,
		}
	case e.Problem == settings.BadSyntax:
		return usage(w.syntax, "%s: %s", e.Place, e.Cause())
	case e.Problem == settings.Unknown:
		hint := w.unknown
		if e.Nearest != "" {
			hint = "Did you mean " + e.Nearest + "? " + hint
		}
		return usage(hint, "%s: there is no setting %q", e.Place, e.Name)
	case flag == nil: // it has no flag
		return usage(w.bad, "%s: %s: %s", e.Place, e.Name, e.Cause())
	case e.Line > 0:
		return usage(w.bad, "%s: %s takes %s", e.Place, e.Name, fileText(flag))
	case e.Place == "": // it was an argument
		return usage(w.bad, "%s takes %s", e.Name, valueText(flag))
	}
	return usage(w.bad, "%s takes %s, not %q", e.Place, valueText(flag), w.getenv(e.Place))
}
