//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
)

// Two machines on one network find each other without a relay.
func TestOneNetworkWithoutRelay(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 3 << 20
	n := network{left: newMachine(t, "left"), right: newMachine(t, "right")}
	cable(t, plug{n.left, "lan", "10.77.0.1/24"}, plug{n.right, "lan", "10.77.0.2/24"})
	file := randomFile(t, size)
	for _, lane := range []string{"webrtc", "tcp"} {
		to := t.TempDir()
		n.send(t, file, to, "--lanes", lane).carriedBy(t, lane, size)
		same(t, file, filepath.Join(to, filepath.Base(file)))
	}
}

// So do two commands on a machine that has no network.
func TestOneMachineWithoutNetwork(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	const size = 3 << 20
	alone := newMachine(t, "alone")
	n := network{left: alone, right: alone}
	file := randomFile(t, size)
	for _, lane := range []string{"webrtc", "tcp"} {
		to := t.TempDir()
		n.send(t, file, to, "--lanes", lane).carriedBy(t, lane, size)
		same(t, file, filepath.Join(to, filepath.Base(file)))
	}
}

// A machine that has no network says that, and blames no relay.
func TestMachineWithoutNetworkSaysSo(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	alone := newMachine(t, "alone")
	for _, relay := range []string{"ws://192.0.2.1:8080", "relay.example"} {
		send := run(t, alone, "send", "--relay", relay, "--text", "hello")
		if e := send.first(t, "error"); e.Reason != "no-network" || e.Kind != "network" {
			t.Errorf("%s: %+v", relay, e)
		}
	}
	// On such a machine a relay that does not run is no fault of the network.
	send := run(t, alone, "send", "--relay", "127.0.0.1:1", "--text", "hello")
	if e := send.first(t, "error"); e.Reason != "relay-unreachable" {
		t.Errorf("on this machine: %+v", e)
	}
}
