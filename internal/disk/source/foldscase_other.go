//go:build !windows && !darwin

package source

// foldsCase says that upper and lower case are the same in patterns, as they are in the
// file systems that are common here, and as git init sets core.ignorecase there.
const foldsCase = false
