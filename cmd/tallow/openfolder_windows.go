package main

import (
	"os/exec"
	"path/filepath"
)

// openerLies says that the exit code of the program means nothing: that of Explorer is 1
// in any case.
const openerLies = true

// folderCommand returns the command that shows a folder.
func (p *program) folderCommand(folder, _ string) (*exec.Cmd, error) {
	windows := p.getenv("SystemRoot")
	if windows == "" {
		return nil, errNoDesktop
	}
	return exec.Command(filepath.Join(windows, "explorer.exe"), folder), nil
}
