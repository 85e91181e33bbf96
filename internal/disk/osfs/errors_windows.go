package osfs

import "golang.org/x/sys/windows"

// errLoop is the error of the system for symlinks that lead in a circle.
const errLoop = windows.ERROR_CANT_RESOLVE_FILENAME

// errInvalidFunction is what a file system returns for a call that it does not
// have.
const errInvalidFunction = windows.ERROR_INVALID_FUNCTION
