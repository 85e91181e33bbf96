//go:build !unix

package disk_test

import "testing"

const hasInodes = false

func special(*testing.T, string) map[string]string { return nil }

func pipeSwap() map[string]func(t *testing.T, top, outside string) { return nil }

func specialFiles() map[string]func(t *testing.T, p string) { return nil }

func asUser(t *testing.T) bool {
	t.Helper()
	t.Skip("SKIPPED: permissions are tested on unix")
	return false
}
