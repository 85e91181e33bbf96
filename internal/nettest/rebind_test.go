//go:build linux

package nettest

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"
)

// A router forgets its NAT mappings in the middle of a transfer and makes new ones,
// as after a restart. For everybody else the machine behind it then has another port
// or address. Both sides reconnect and go on without asking anybody, and what has
// arrived is not sent again.
func TestNATRebinding(t *testing.T) {
	requireNetworks(t)
	const (
		size = 96 << 20
		slow = "24M" // so that the transfer is still running
	)
	for _, tt := range []struct {
		name   string
		router int // index in network.routers
		rebind func(*machine, *testing.T)
		flags  []string
	}{
		{"the sender's ports, relayed", 0, (*machine).otherPorts, []string{"--lanes", "relay"}},
		{"the receiver's ports, relayed", 1, (*machine).otherPorts, []string{"--lanes", "relay"}},
		{"the sender's ports, any lane", 0, (*machine).otherPorts, nil},
		{"the receiver's ports, any lane", 1, (*machine).otherPorts, nil},
		{"the sender's address, any lane", 0, func(m *machine, t *testing.T) {
			move{m, "wan", "198.51.100.2/24", "198.51.100.77/24", "198.51.100.1"}.do(t)
			m.otherPorts(t)
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, file, to := behindRouters(t, natKeepsPort), randomFile(t, size), t.TempDir()
			router := n.routers[tt.router]
			x := n.send(t, file, to, append(tt.flags, "--relay", n.startRelay(t), "--limit-rate", slow)...)
			x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= pullAt })
			tt.rebind(router, t)
			sent, received := x.succeed(t)
			for name, done := range map[string]event{"send": sent, "receive": received} {
				if done.Bytes != size || done.Sent >= size+pullAt {
					t.Errorf("%s: %d bytes were sent for a file of %d", name, done.Sent, done.Bytes)
				}
			}
			if codes := x.sender.count("code"); codes != 1 {
				t.Errorf("%d codes were needed", codes)
			}
			if router.mappings(t) == 0 {
				t.Error("nothing got another port: nothing was tested")
			}
			same(t, file, filepath.Join(to, filepath.Base(file)))
		})
	}
}

// otherPorts makes a router forget its mappings, and choose other ports for all new
// ones.
func (m *machine) otherPorts(t *testing.T) {
	t.Helper()
	m.nft(t, `flush chain ip nat out
add rule ip nat out oifname "wan" meta l4proto { tcp, udp } counter masquerade to :61000-65000
`)
	if err := m.do(forgetConnections); err != nil {
		t.Fatal(err)
	}
}

// mappings returns how many new mappings were made.
func (m *machine) mappings(t *testing.T) (n int) {
	t.Helper()
	chain := m.command(t, "", "nft", "list", "chain", "ip", "nat", "out")
	if found := regexp.MustCompile(`packets (\d+)`).FindStringSubmatch(chain); found != nil {
		_, _ = fmt.Sscan(found[1], &n)
	}
	return n
}

// forgetConnections empties the kernel's connection table, including all mappings,
// in the namespace of this thread, as "conntrack -F" does.
func forgetConnections() error {
	const (
		deleteEntries = unix.NFNL_SUBSYS_CTNETLINK<<8 | 2 // IPCTNL_MSG_CT_DELETE, without a filter
		headerLen     = unix.SizeofNlMsghdr + 4           // and a struct nfgenmsg: all families
	)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request := make([]byte, headerLen)
	binary.NativeEndian.PutUint32(request, headerLen)
	binary.NativeEndian.PutUint16(request[4:], deleteEntries)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 {
		return fmt.Errorf("an answer of %d bytes", n)
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}
