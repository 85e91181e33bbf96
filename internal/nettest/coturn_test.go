//go:build linux

package nettest

import (
	"bytes"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// coturn is another implementation of TURN. Its parts are turnserver and
// turnutils_uclient, a client for tests.
func requireCoturn(t *testing.T) {
	t.Helper()
	requireNetworks(t)
	for _, tool := range []string{"turnserver", "turnutils_uclient"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipOrFail(t, "%s is missing; install coturn", tool)
		}
	}
}

// turnSecret is the secret of the TURN servers.
const turnSecret = "secret of the tests"

// coturn's client is served by the relay: by UDP and by TCP, with channels and with
// indications, and with a new port for each of its clients.
func TestCoturnsClient(t *testing.T) {
	requireCoturn(t)
	t.Parallel()
	const clients, messages = 4, 10
	n := behindRouters(t, natSymmetric)
	server := strings.TrimPrefix(n.startRelay(t, "--turn", "--turn-secret", turnSecret, "--turn-tcp", n.relay+":3479"), "ws://")
	_, port, err := net.SplitHostPort(server)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string]string{
		"udp, channels":    "-p " + port,
		"udp, indications": "-s -p " + port,
		"tcp":              "-t -p 3479",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := append([]string{"-y", "-c", "-u", "kayak", "-W", turnSecret, "-m", "4", "-n", "10"}, strings.Fields(args)...)
			output := n.left.command(t, "", "turnutils_uclient", append(all, n.relay)...)
			counts := regexp.MustCompile(`tot_send_msgs=(\d+), tot_recv_msgs=(\d+)`).FindAllStringSubmatch(output, -1)
			if len(counts) == 0 || counts[len(counts)-1][1] != "40" || counts[len(counts)-1][2] != "40" {
				t.Errorf("not %d messages both ways:\n%s", clients*messages, output)
			}
		})
	}
}

// A relay may name a coturn: both clients use it.
func TestCoturnsServer(t *testing.T) {
	requireCoturn(t)
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			const size = 4<<20 + 123
			n, file, to := behindRouters(t, natSymmetric), randomFile(t, size), t.TempDir()
			if transport == "tcp" {
				n.dropUDP(t)
			}
			// A relayed address that meets an unreachable network, here that of a home,
			// is lost to coturn. On the internet there is always a next router.
			n.middle.ip(t, "route add default via 203.0.113.2")
			startCoturn(t, n.middle, n.relay)
			relay := n.startRelay(t, "--turn-url", "turn:"+n.relay+":3478?transport="+transport, "--turn-secret", turnSecret)
			n.send(t, file, to, "--relay", relay, "--lanes", "webrtc").carriedBy(t, "webrtc", size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}

// startCoturn runs a coturn at port 3478 of an address.
func startCoturn(t *testing.T, on *machine, address string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "turnserver", "-n", "--use-auth-secret", "--static-auth-secret", turnSecret,
		"--realm", "relay.example", "--listening-ip", address, "--relay-ip", address, "--listening-port", "3478",
		"--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
		"--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := on.do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("turnserver\n%s", &output)
		}
	})
	deadline := time.Now().Add(waitTimeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := on.do(func() error {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, "3478"), time.Second)
			if err == nil {
				_ = conn.Close()
			}
			return err
		})
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("turnserver does not answer: %v\n%s", err, &output)
		}
		<-tick.C
	}
}
