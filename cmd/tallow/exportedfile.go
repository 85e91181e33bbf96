package main

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/vault/backup"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// exportedBy puts into words what is wrong with a file that a command has exported.
type exportedBy struct{ command, again string }

// failure returns the error for a file. What is not of the file stays as it is.
func (by exportedBy) failure(name string, err error) error {
	fail := func(kind tallow.ErrorKind, reason tallow.Reason, message, hint string) error {
		return &failure{kind: kind, reason: reason, message: message, hint: hint, err: err}
	}
	switch {
	case errors.Is(err, backup.ErrFormat):
		return fail(tallow.KindUsage, tallow.ReasonContainerForm, name+" was not made by "+by.command, "Check which file is meant.")
	case errors.Is(err, backup.ErrVersion), errors.Is(err, history.ErrNewer), errors.Is(err, devices.ErrNewerExport):
		return fail(tallow.KindUsage, tallow.ReasonContainerVersion, "a newer tallow has made "+name, "Update tallow: tallow version.")
	case errors.Is(err, backup.ErrPassword):
		return fail(tallow.KindCode, tallow.ReasonPasswordWrong, "the password is wrong, or the first bytes of "+name+" were changed", "Type the password again. Capital letters and spaces count.")
	case errors.Is(err, backup.ErrDamaged), errors.Is(err, history.ErrWrongKey), errors.Is(err, history.ErrDamaged), errors.Is(err, devices.ErrExport):
		return fail(tallow.KindIntegrity, tallow.ReasonContainerCorrupt, name+" is damaged, or was changed", "Nothing was changed on this machine. "+by.again)
	}
	return err
}
