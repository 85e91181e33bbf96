package tallow

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// A browser has no disk: a program there provides a Source and a Destination.

func openPaths(context.Context, SendOptions, descriptors.Budget) (openSource, error) {
	return nil, usage(ReasonNoDisk)
}

func (*output) openFolder(context.Context, []string) error { return usage(ReasonNoDisk) }

func remembered(context.Context, string) [][]byte { return nil }

func checkOutput(context.Context, string) error { return nil }

func leftovers(context.Context, string) []LeftoverEvent { return nil }

func freeSpace(context.Context, string, []string) (int64, bool) { return 0, false }

func interrupted(context.Context, string, []string) bool { return false }

func explainDisk(error) *Error { return nil }

func explainPaths(error) *Error { return nil }
