package osfs

import "golang.org/x/sys/windows"

// errLoop is the error of the system for symlinks that lead in a circle.
const errLoop = windows.ERROR_CANT_RESOLVE_FILENAME
