package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/settings"
)

// configVariable names another configuration file.
const configVariable = preferencePrefix + "CONFIG"

// addConfigFlag adds the flag that names another configuration file.
func (p *program) addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.configFlag, "config", "", "configuration `FILE` (default "+configVariable+", or what tallow config path prints)")
}

// configDir returns this user's folder for configuration; empty if there is none. On
// Linux and the BSDs it follows the XDG Base Directory Specification.
func (p *program) configDir() string {
	var parent string
	home := p.getenv("HOME")
	switch runtime.GOOS {
	case "windows":
		parent = p.getenv("AppData")
	case "darwin":
		if home != "" {
			parent = filepath.Join(home, "Library", "Application Support")
		}
	default:
		parent = p.getenv("XDG_CONFIG_HOME")
		if !filepath.IsAbs(parent) && home != "" {
			parent = filepath.Join(home, ".config")
		}
	}
	if !filepath.IsAbs(parent) {
		return ""
	}
	return filepath.Join(parent, "tallow")
}

// configFile returns the name of the configuration file, and whether somebody has
// named it, so that it has to be there. It is empty if there is no place for one.
func (p *program) configFile() (name string, named bool) {
	if p.configFlag != "" {
		return p.configFlag, true
	}
	if name := p.getenv(configVariable); name != "" {
		return name, true
	}
	dir := p.configDir()
	if dir == "" {
		return "", false
	}
	return filepath.Join(dir, "config.toml"), false
}

// loadPreferences reads the configuration file and the environment, and checks the
// values. The verb's default timeout is for the peer to come.
func (p *program) loadPreferences(cmd *cobra.Command, timeout time.Duration) error {
	file, named := p.configFile()
	if !named && file != "" {
		// An account without a home, or with one that is not its own, has no file.
		if _, err := os.Lstat(file); err != nil {
			file = ""
		}
	}
	if err := p.settings.Load(file, p.getenv); err != nil {
		return p.preferenceFailure(cmd, err)
	}
	p.preferences.timeout = timeout
	if p.settings.Made("timeout") {
		p.preferences.timeout = time.Duration(p.preferences.patience)
	}
	if err := p.placeOutput(); err != nil {
		return err
	}
	if cmd.Flags().Lookup("log-file") != nil { // a verb that has something to log
		if err := p.openLogFile(); err != nil {
			return err
		}
	}
	return p.checkPreferences()
}

// preferenceFailure puts an error of the settings into words.
func (p *program) preferenceFailure(cmd *cobra.Command, err error) error {
	return settingFailure(err, settingWords{
		set: p.settings, getenv: p.getenv,
		unreadable: "--config and " + configVariable + " name another file.",
		syntax:     "The file is TOML: lines such as relay = 'relay.example'.",
		unknown:    "tallow config show lists all settings.",
		bad:        seeHelp(cmd),
	})
}

// placeOutput makes an output that is kept a folder in a fixed place: ~ is the home,
// and a name does not depend on where a command runs.
func (p *program) placeOutput() error {
	source := p.settings.Source("output")
	if source == settings.Default || source == settings.Flag {
		return nil
	}
	output := p.fromHome(p.preferences.output)
	if !filepath.IsAbs(output) {
		return usage("Give the whole path of a folder, or one that begins with ~/.", "%s cannot be %q", p.settings.Place("output"), output)
	}
	p.preferences.output = filepath.Clean(output) + string(filepath.Separator)
	return nil
}

// fromHome is a path in which ~ at the beginning is the home of this user.
func (p *program) fromHome(path string) string {
	home := p.getenv("HOME")
	if runtime.GOOS == "windows" {
		home = p.getenv("UserProfile")
	}
	if rest, ok := strings.CutPrefix(path, "~"); ok && home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
		return home + rest
	}
	return path
}

// isThere reports whether there is a file of a name.
func isThere(name string) bool {
	_, err := os.Lstat(name)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}
