package main

import (
	"path/filepath"
	"runtime"
)

// stateDir returns this user's folder for state that is kept between runs; empty if
// there is none. On Linux and the BSDs it follows the XDG Base Directory
// Specification.
func (p *program) stateDir() string {
	var parent string
	switch runtime.GOOS {
	case "windows":
		parent = p.getenv("LocalAppData")
	case "darwin":
		if home := p.getenv("HOME"); home != "" {
			parent = filepath.Join(home, "Library", "Application Support")
		}
	default:
		parent = p.getenv("XDG_STATE_HOME")
		if home := p.getenv("HOME"); !filepath.IsAbs(parent) && home != "" {
			parent = filepath.Join(home, ".local", "state")
		}
	}
	if !filepath.IsAbs(parent) {
		return ""
	}
	return filepath.Join(parent, "tallow")
}
