package tallow

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/link"
)

// localNetwork is nil: a browser cannot listen, nor look for others.
func localNetwork(string, *slog.Logger) link.LocalNetwork { return nil }
