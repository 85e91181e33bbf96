//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// openerLies says that the exit code of the program means nothing.
const openerLies = false

// folderCommand returns the command that shows a folder: with open -R, which selects
// something in it, since open alone would start a folder that is an application.
func (p *program) folderCommand(folder, first string) (*exec.Cmd, error) {
	name, args := "xdg-open", []string{folder}
	switch {
	case runtime.GOOS == "darwin":
		name, args = "open", []string{"-R", filepath.Join(folder, first)}
	case p.getenv("DISPLAY") == "" && p.getenv("WAYLAND_DISPLAY") == "":
		return nil, errNoDesktop
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, errNoDesktop
	}
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives this terminal
	return cmd, nil
}
