package tallow

import "github.com/tallow-transfer/tallow/internal/descriptors"

// A browser has no disk: a program there provides a Source and a Destination.

func openPaths(SendOptions, descriptors.Budget) (openSource, error) { return nil, usage(ReasonNoDisk) }

func (*output) openFolder([]string) error { return usage(ReasonNoDisk) }

func remembered(string) [][]byte { return nil }

func checkOutput(string) error { return nil }

func leftovers(string) []LeftoverEvent { return nil }

func freeSpace(string, []string) (int64, bool) { return 0, false }

func interrupted(string, []string) bool { return false }

func explainDisk(error) *Error { return nil }

func explainPaths(error) *Error { return nil }
