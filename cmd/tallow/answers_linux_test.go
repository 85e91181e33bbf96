package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// answers FILE runs what follows at a terminal of its own, where a person answers
// each question when it is asked: with the next line of FILE, or with the end of
// the input when there is none left. What the terminal showed is in tty.txt.
func answers() int {
	lines, err := os.ReadFile(shift())
	if err != nil {
		return fail(err)
	}
	keys, tty, err := openPTY()
	if err != nil {
		return fail(err)
	}
	p := &person{keys: keys, answers: strings.SplitAfter(string(lines), "\n")}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(p, keys) })

	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Run()
	_ = tty.Close()
	wg.Wait() // the terminal has nothing more to show
	_ = keys.Close()
	if err := os.WriteFile("tty.txt", p.shown.Bytes(), 0o600); err != nil {
		return fail(err)
	}
	if cmd.ProcessState == nil {
		return fail(err)
	}
	return cmd.ProcessState.ExitCode()
}

// person is at a terminal and answers the questions that it shows.
type person struct {
	keys    *os.File
	answers []string
	shown   bytes.Buffer
}

// Write takes what the terminal shows.
func (p *person) Write(b []byte) (int, error) {
	n, _ := p.shown.Write(b)
	for _, end := range []string{"(y/n) ", "y or n: ", "Code: ", "Words: ", "for all: ", "Password: ", "again: ", "and \"all\": "} {
		if bytes.HasSuffix(p.shown.Bytes(), []byte(end)) {
			answer := "\x04"
			if len(p.answers) > 0 && p.answers[0] != "" {
				answer, p.answers = p.answers[0], p.answers[1:]
			}
			if _, err := io.WriteString(p.keys, answer); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// limited KB runs what follows with that limit of its address space.
func limited() int {
	kilobytes, err := strconv.ParseUint(shift(), 10, 64)
	if err != nil {
		return fail(err)
	}
	limit := unix.Rlimit{Cur: kilobytes << 10, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(0, unix.RLIMIT_AS, &limit, nil); err != nil {
		return fail(err)
	}
	return rest()
}
