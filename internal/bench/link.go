package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The addresses that linksim assigns.
const (
	addressA = "10.99.0.1"
	addressB = "10.99.0.2"
)

// ends are the two hosts of a link. They exist until stop is called.
type ends struct {
	a, b host
	stop func()

	congestion string // of programs that ask for none
	asked      string // what a program got that asked for BBR
}

// connect makes a link between two new network namespaces.
func (l *lab) connect(ctx context.Context, link link, as string) (*ends, error) {
	program, err := l.findLinksim()
	if err != nil {
		return nil, err
	}
	prefix := fmt.Sprintf("bench%d", os.Getpid())
	e := &ends{a: host{namespace: prefix + "a", address: addressA}, b: host{namespace: prefix + "b", address: addressB}}
	restore := func() error { return nil }
	if as == asUser {
		if err := l.prepareOrdinary(ctx); err != nil {
			return nil, err
		}
		if restore, err = withoutBBR(allowedFile); err != nil { // the table says what they got
			l.say("BBR cannot be taken from ordinary users: %v", err)
			restore = func() error { return nil }
		}
	}
	running, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(running, program, append([]string{"-a", e.a.namespace, "-b", e.b.namespace}, link.flags()...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it removes its namespaces
	cmd.WaitDelay = 10 * time.Second
	dieWithParent(cmd, syscall.SIGTERM)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("cannot start linksim: %w", err), restore())
	}
	e.stop = func() {
		cancel()
		_ = cmd.Wait() // it was interrupted
		if err := restore(); err != nil {
			l.say("%s is not as it was: %v", allowedFile, err)
		}
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		e.stop()
		return nil, fmt.Errorf("linksim is not ready: %s %s", strings.TrimSpace(line), strings.TrimSpace(stderr.String()))
	}
	if err := l.setCongestion(ctx, e, as); err != nil {
		e.stop()
		return nil, err
	}
	e.a.ordinary, e.b.ordinary = as == asUser, as == asUser
	e.congestion, e.asked = congestion(ctx, e.a), l.askedForBBR(ctx, e.a)
	return e, nil
}

// findLinksim returns the path of linksim. The error says what is missing to make
// links.
func (l *lab) findLinksim() (string, error) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		return "", unavailable("links need Linux and root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return "", unavailable("links need iproute2")
	}
	program := l.options.linksim
	if program == "" {
		program = "linksim"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", unavailable("linksim was not found; name it with --linksim or TALLOW_LINKSIM")
	}
	return path, nil
}

// congestionFile contains the TCP congestion control of a network namespace.
const congestionFile = "/proc/sys/net/ipv4/tcp_congestion_control"

// setCongestion sets the congestion control at both ends, if a flag requests one or
// an ordinary user is to have the usual one.
func (l *lab) setCongestion(ctx context.Context, e *ends, as string) error {
	wanted := l.options.congestion
	if wanted == "" && as == asUser {
		wanted = "cubic"
	}
	if wanted == "" {
		return nil
	}
	for _, h := range []host{e.a, e.b} {
		cmd := h.command(ctx, "tee", congestionFile)
		cmd.Stdin = strings.NewReader(wanted)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("the congestion control of a namespace cannot be %s: %w: %s; it has to be among net.ipv4.tcp_allowed_congestion_control of the machine", wanted, err, strings.TrimSpace(stderr.String()))
		}
	}
	return nil
}

// congestion returns the congestion control of a host.
func congestion(ctx context.Context, h host) string {
	out, err := h.command(ctx, "cat", congestionFile).Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}

// askedForBBR returns the congestion control that a program on a host gets if it asks
// for BBR.
func (l *lab) askedForBBR(ctx context.Context, h host) string {
	out, err := h.command(ctx, l.self, helperCongestion).Output()
	var e event
	if err != nil || json.Unmarshal(out, &e) != nil || e.Message == "" {
		return unknown
	}
	return e.Message
}
