//go:build linux

package nettest

import (
	"strings"
	"testing"
)

// doctor runs tallow doctor on the left machine, and returns the result of a check and
// the verdict.
func (n network) doctor(t *testing.T, check string, flags ...string) (found, verdict event) {
	t.Helper()
	c := run(t, n.left, append([]string{"doctor"}, flags...)...)
	verdict = c.first(t, "verdict")
	found = c.await(t, check, func(e event) bool { return e.Event == "check" && e.Name == check })
	c.exit(t, 0, waitTimeout)
	return found, verdict
}

// Without UDP the doctor says that only the relayed lane works, and with it that a
// direct connection probably will.
func TestDoctorAboutUDP(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	n := behindRouters(t, natKeepsPort)
	relay := n.startRelay(t)
	if udp, verdict := n.doctor(t, "udp", "--relay", relay); udp.State != "ok" || verdict.Direct != "probable" || !verdict.Relayed {
		t.Errorf("with UDP: %+v, %+v", udp, verdict)
	}
	n.dropUDP(t)
	udp, verdict := n.doctor(t, "udp", "--relay", relay)
	if udp.State != "warning" || verdict.Direct != "none" || !verdict.Relayed || !strings.Contains(string(verdict.Text), "UDP is blocked") {
		t.Errorf("without UDP: %+v, %+v", udp, verdict)
	}
}

// The doctor tells the kinds of NAT apart if the relay names two servers, as one with a
// TURN server of its own does.
func TestDoctorAboutNAT(t *testing.T) {
	requireNetworks(t)
	for _, tc := range []struct{ nat, text, direct string }{
		{natKeepsPort, "endpoint-independent", "probable"},
		{natSymmetric, "endpoint-dependent", "unlikely"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			n := behindRouters(t, tc.nat)
			other := strings.TrimPrefix(n.startRelay(t), "ws://") // its STUN service is the second server
			relay := n.startRelay(t, "--turn-url", "turn:"+other+"?transport=udp", "--turn-secret", strings.Repeat("secret", 6))
			nat, verdict := n.doctor(t, "nat", "--relay", relay)
			if !strings.Contains(string(nat.Text), tc.text) || verdict.Direct != tc.direct {
				t.Errorf("%+v, %+v", nat, verdict)
			}
		})
	}
}

// Where there is no NAT the doctor says so.
func TestDoctorWithoutNAT(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	n := joinedByNAT(t)
	nat, verdict := n.doctor(t, "nat", "--relay", n.startRelay(t))
	if !strings.Contains(string(nat.Text), "no NAT") || verdict.Direct != "probable" {
		t.Errorf("%+v, %+v", nat, verdict)
	}
}
