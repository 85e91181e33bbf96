//go:build !js

package tallow

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/lan"
	"github.com/tallow-transfer/tallow/internal/link"
)

// localNetwork returns the network that this machine is on.
func localNetwork(version string, log *slog.Logger) link.LocalNetwork {
	return lan.Network{Version: version, Logger: log}
}

// canPin reports whether a relay's key can be compared with a pin.
const canPin = true
