package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// openPatience is how long it takes at most until a program that cannot show a folder
// says so. One that shows it may stay for longer.
const openPatience = 5 * time.Second

// errNoDesktop: there is nothing here that could show a folder.
var errNoDesktop = errors.New("there is no desktop here")

// openFolder has the desktop show a folder, with first in it, which may be empty. What
// was received is neither opened nor executed: only the folder that has it is.
func (p *program) openFolder(folder, first string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return errors.New("it is no folder")
	}
	cmd, err := p.folderCommand(folder, first)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return errors.New(cause(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(openPatience)
	defer timer.Stop()
	select {
	case err := <-ended:
		var status *exec.ExitError
		if errors.As(err, &status) && !openerLies {
			return errors.New(filepath.Base(cmd.Path) + " could not show it")
		}
	case <-timer.C:
	}
	return nil
}
