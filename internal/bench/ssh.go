package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"
)

// sshAlias is the name of the receiver in the clients' configuration.
const sshAlias = "receiver"

// sshTools are the paths of the programs that tools over ssh need. Daemons are often
// not on PATH.
type sshTools struct {
	sshd, keygen string
	missing      string // why there is no ssh here, or ""
}

func findSSH() (s sshTools) {
	var absent []string
	find := func(name string) string {
		for _, candidate := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name, "/usr/libexec/" + name} {
			if path, err := exec.LookPath(candidate); err == nil {
				return path
			}
		}
		absent = append(absent, name)
		return ""
	}
	s.sshd, s.keygen = find("sshd"), find("ssh-keygen")
	find("ssh")
	if len(absent) > 0 {
		s.missing = strings.Join(absent, " and ") + " not installed"
	}
	return s
}

// sshServer is a daemon for one connection, and the configuration of its clients.
type sshServer struct {
	process *process
	config  string
}

// startSSH makes temporary keys and starts a daemon on the receiver's host. The
// daemon accepts one connection and ends with it, so that its usage is known.
// Neither side reads the configuration of the machine or the user.
func (l *lab) startSSH(g *group, j job, needs ...string) (*sshServer, error) {
	if l.ssh.missing != "" {
		return nil, unavailable(l.ssh.missing)
	}
	j.from, j.to = j.from.root(), j.to.root() // nobody can log in as nobody
	for _, name := range needs {
		if _, err := exec.LookPath(name); err != nil {
			return nil, unavailable(name + " not installed")
		}
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(j.work, name) }
	for _, key := range []string{"host", "user"} {
		cmd := exec.CommandContext(g.ctx, l.ssh.keygen, "-q", "-t", "ed25519", "-N", "", "-f", in(key))
		if output, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s", err, output)
		}
	}
	err = os.WriteFile(in("sshd_config"), fmt.Appendf(nil, `HostKey "%s"
AuthorizedKeysFile "%s"
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
UseDNS no
PidFile none
LogLevel ERROR
Subsystem sftp internal-sftp
`, in("host"), in("user.pub")), 0o600)
	if err != nil {
		return nil, err
	}
	if output, err := exec.CommandContext(g.ctx, l.ssh.sshd, "-t", "-f", in("sshd_config")).CombinedOutput(); err != nil {
		return nil, unavailable("sshd does not start here: " + oneLine(string(output)))
	}
	daemon, err := g.start(sideReceiver, j.to, nil, l.self, helperSSHD, net.JoinHostPort(j.to.address, "0"), l.ssh.sshd, in("sshd_config"))
	if err != nil {
		return nil, err
	}
	listening, err := daemon.first("listening")
	if err != nil {
		return nil, err
	}
	address, port, err := net.SplitHostPort(listening.Addr)
	if err != nil {
		return nil, err
	}
	err = os.WriteFile(in("ssh_config"), fmt.Appendf(nil, `Host %s
HostName %s
Port %s
User %s
IdentityFile "%s"
IdentitiesOnly yes
IdentityAgent none
BatchMode yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
GlobalKnownHostsFile /dev/null
LogLevel ERROR
`, sshAlias, address, port, me.Username, in("user")), 0o600)
	return &sshServer{process: daemon, config: in("ssh_config")}, err
}

// sshdOnce is the process of the daemon. Its arguments are the address to listen on,
// the path of sshd and its configuration. It ends with the connection.
func sshdOnce(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return errors.New("an argument is missing")
	}
	conn, err := acceptOne(ctx, args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	socket, err := conn.(*net.TCPConn).File()
	if err != nil {
		return err
	}
	defer socket.Close()
	cmd := exec.CommandContext(ctx, args[1], "-i", "-f", args[2])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = socket, socket, os.Stderr
	err = cmd.Run()
	var status *exec.ExitError
	if errors.As(err, &status) && status.ExitCode() == 255 {
		return nil // the client has hung up, which is how it ends
	}
	return err
}

func (l *lab) scp(ctx context.Context, j job) (sample, error) {
	return l.overSSH(ctx, j, "scp", func(s *sshServer) []string {
		return []string{"-q", "-r", "-F", s.config, j.source.path, sshAlias + ":" + j.dest}
	})
}

func (l *lab) rsync(ctx context.Context, j job) (sample, error) {
	j.events = false // the file has another name until the end
	return l.overSSH(ctx, j, "rsync", func(s *sshServer) []string {
		return []string{"-a", "-e", "ssh -F " + quote(s.config), j.source.path, sshAlias + ":" + j.dest + "/"}
	})
}

// overSSH runs a client that copies the source to the daemon.
func (l *lab) overSSH(ctx context.Context, j job, program string, args func(*sshServer) []string) (sample, error) {
	g := newGroup(ctx, j.work)
	defer g.end()
	daemon, err := l.startSSH(g, j, program)
	if err != nil {
		return sample{}, err
	}
	client, err := g.start(sideSender, j.from.root(), nil, program, args(daemon)...)
	if err != nil {
		return sample{}, err
	}
	stop := watch(g, client, j)
	err = client.wait()
	seen := stop()
	if err == nil {
		err = daemon.process.wait()
	}
	if err != nil {
		return sample{}, err
	}
	s := finish(client.begun, client, daemon.process)
	s.First, s.Middle = rates(client.begun, seen, j.source.bytes)
	return s, nil
}

// tar packs the source at the sender and unpacks it at the receiver.
func (l *lab) tar(ctx context.Context, j job) (sample, error) {
	g := newGroup(ctx, j.work)
	defer g.end()
	daemon, err := l.startSSH(g, j, "tar")
	if err != nil {
		return sample{}, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return sample{}, err
	}
	defer in.Close()
	client, err := g.start(sideSender, j.from.root(), out, "ssh", "-F", daemon.config, sshAlias, "tar -C "+quote(j.dest)+" -xf -")
	out.Close()
	if err != nil {
		return sample{}, err
	}
	packer, err := g.startTo(in, sideSender, j.from.root(), "tar", "-C", filepath.Dir(j.source.path), "-cf", "-", filepath.Base(j.source.path))
	in.Close()
	if err != nil {
		return sample{}, err
	}
	for _, p := range []*process{packer, client, daemon.process} {
		if err := p.wait(); err != nil {
			return sample{}, err
		}
	}
	return finish(client.begun, packer, client, daemon.process), nil
}

// watch records how the destination's file grows, for tools that do not report
// progress. The function that it returns ends it once the client has ended.
func watch(g *group, client *process, j job) (stop func() []event) {
	if !j.events {
		return func() []event { return nil }
	}
	var seen []event
	done := make(chan struct{})
	file := filepath.Join(j.dest, filepath.Base(j.source.path))
	g.wg.Go(func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case at := <-tick.C:
				if info, err := os.Stat(file); err == nil {
					seen = append(seen, event{Event: "progress", Bytes: info.Size(), at: at})
				}
			case <-client.done:
				return
			}
		}
	})
	return func() []event {
		<-done
		return seen
	}
}

// quote quotes a word for a shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
