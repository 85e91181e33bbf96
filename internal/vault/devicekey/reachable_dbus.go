//go:build unix && !darwin

package devicekey

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

var errNoBus = errors.New("there is no D-Bus session, and so no keyring")

// reachable says whether there may be a Secret Service: one needs a session bus.
// Without this check the library would start a bus of its own with dbus-launch.
func reachable(getenv func(string) string) error {
	switch getenv("DBUS_SESSION_BUS_ADDRESS") {
	case "", "autolaunch:":
	default:
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			return nil
		}
	}
	return errNoBus
}
