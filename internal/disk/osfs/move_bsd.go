//go:build unix && !linux && !darwin

package osfs

import "errors"

// exclusiveRename is not available: the system has no rename that replaces nothing.
func exclusiveRename(_, _ *Dir, _, _ string) error { return errors.ErrUnsupported }
