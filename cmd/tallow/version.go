package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release: -X main.version=v1.2.3.
var version string

// build says which program this is. It is the event of version --json.
type build struct {
	Event    string `json:"event"`
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // "" if it is not known
	Modified bool   `json:"modified"` // the source differs from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildInfo() build {
	b := build{Event: "version", Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok && b.Version == "" {
		b.Version = info.Main.Version
	}
	if b.Version == "" {
		b.Version = "unknown"
	}
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func newVersion(p *program) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print which version this is",
		Example:           `  tallow version`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(*cobra.Command, []string) error { return p.printVersion() },
	}
}

// printVersion prints which version this is.
func (p *program) printVersion() error {
	b := buildInfo()
	if p.json {
		e := newEncoder(p.events(), nil)
		e.write(b)
		return e.failure()
	}
	if _, err := fmt.Fprint(p.stdout, b); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// String is the build for people.
func (b build) String() string {
	text := "tallow " + b.Version + "\n"
	if b.Commit != "" {
		text += "commit " + b.Commit
		if b.Modified {
			text += ", modified"
		}
		text += "\n"
	}
	return text + b.Go + ", " + b.Platform + "\n"
}
