package tallow

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/link"
)

// localNetwork returns nil: a browser can neither listen nor use mDNS.
func localNetwork(string, *slog.Logger) link.LocalNetwork { return nil }

// canPin reports whether a relay's key can be compared with a pin.
const canPin = false
