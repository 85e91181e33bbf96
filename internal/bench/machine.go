package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// machine describes the machine and the programs of a run.
type machine struct {
	Date       string `json:"date"`
	Tallow     string `json:"tallow"`
	Go         string `json:"go"`
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	Memory     string `json:"memory"`
	Kernel     string `json:"kernel"`
	Congestion string `json:"congestion_control"`
	SSH        string `json:"ssh"`
	Rsync      string `json:"rsync"`
	Runs       int    `json:"runs"`
	Quick      bool   `json:"quick"`
}

// unknown stands for what cannot be found out on this system.
const unknown = "unknown"

func (l *lab) machine(ctx context.Context) machine {
	return machine{
		Date:       time.Now().UTC().Format("2006-01-02 15:04 MST"),
		Tallow:     l.version(ctx),
		Go:         runtime.Version(),
		CPU:        match("/proc/cpuinfo", `(?m)^model name\s*: (.*)$`),
		Cores:      runtime.NumCPU(),
		Memory:     match("/proc/meminfo", `(?m)^MemTotal:\s*(.*)$`),
		Kernel:     runtime.GOOS + " " + match("/proc/sys/kernel/osrelease", `(.+)`),
		Congestion: match(congestionFile, `(.+)`),
		SSH:        output(ctx, "ssh", "-V"),
		Rsync:      output(ctx, "rsync", "--version"),
		Runs:       l.options.runs,
		Quick:      l.options.quick,
	}
}

// version returns tallow's version, with the commit if it is known.
func (l *lab) version(ctx context.Context) string {
	var v struct{ Version, Commit, Go string }
	out, err := exec.CommandContext(ctx, l.tallow, "version", "--json").Output()
	if err != nil || json.Unmarshal(out, &v) != nil {
		return unknown
	}
	if v.Commit == "" {
		v.Commit = l.built
	}
	return strings.TrimSpace(v.Version+" "+v.Commit) + ", " + v.Go
}

// match returns what the first group of a pattern matches in a file.
func match(file, pattern string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return unknown
	}
	found := regexp.MustCompile(pattern).FindSubmatch(content)
	if found == nil {
		return unknown
	}
	return strings.TrimSpace(string(found[1]))
}

// output returns the first line that a program prints.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return unknown
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(first)
}
