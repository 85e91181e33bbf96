//go:build !unix

package privatefile

import "io/fs"

// noFollow is no flag: the folder of the state is one where nobody else may make
// symlinks.
const noFollow = 0

// ours reports true: what is in the folder of the state inherits its access list.
func ours(fs.FileInfo) bool { return true }

// othersMay reports false, for the same reason.
func othersMay(fs.FileInfo) bool { return false }
