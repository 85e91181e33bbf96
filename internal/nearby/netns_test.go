package nearby

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The tests of this file need several networks. They run this test binary again
// inside network namespaces, in one of these roles.
const (
	roleVariable = "TALLOW_NEARBY_ROLE"

	roleAnnounce = "announce" // serves TCP on all addresses and announces it, until stdin ends
	roleFind     = "find"     // finds it, connects to every address, and prints them
	roleRefused  = "refused"  // holds the port of multicast DNS, then announces

	namespaceNameplate = "4711"
)

// play runs a role and returns the exit code of the process.
func play(role string) int {
	err := map[string]func(context.Context) error{
		roleAnnounce: playAnnounce, roleFind: playFind, roleRefused: playRefused,
	}[role](context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func playAnnounce(ctx context.Context) error {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		return err
	}
	a, err := Announce(ctx, namespaceNameplate, listener.Addr().(*net.TCPAddr).Port)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return a.Close()
}

func playFind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	fmt.Println("looking")
	begin := time.Now()
	addrs, err := Find(ctx, namespaceNameplate, nil)
	if err != nil {
		return err
	}
	fmt.Println("took", time.Since(begin))
	for _, addr := range addrs {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr.String())
		if err != nil {
			return err
		}
		_ = conn.Close()
		fmt.Println("found", addr.Addr())
	}
	return nil
}

func playRefused(ctx context.Context) error {
	conn, err := net.ListenPacket("udp", ":5353")
	if err != nil {
		return err
	}
	defer conn.Close()
	a, err := Announce(ctx, namespaceNameplate, 1)
	if err == nil {
		_ = a.Close()
		return fmt.Errorf("announced, although the port is taken")
	}
	fmt.Println("refused:", err)
	return nil
}

// ip runs the ip command. It replaces "NS" by the prefix of this run's namespace
// names.
func ip(t *testing.T, line string) {
	t.Helper()
	line = strings.ReplaceAll(line, "NS", fmt.Sprintf("tallow%d", os.Getpid()))
	if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", line, err, out)
	}
}

// namespaces creates network namespaces that have only loopback.
func namespaces(t *testing.T, names ...string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("SKIP: network namespaces need Linux and root, so finding across networks is not tested here")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skipf("SKIP: the ip command is missing (package iproute2), so finding across networks is not tested here: %v", err)
	}
	for _, name := range names {
		full := fmt.Sprintf("tallow%d%s", os.Getpid(), name)
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", full).CombinedOutput(); err != nil {
			t.Skipf("SKIP: network namespaces cannot be made here: %v: %s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("ip", "netns", "del", full).CombinedOutput(); err != nil {
				t.Errorf("namespace %s stays behind: %v: %s", full, err, out)
			}
		})
		ip(t, "-n NS"+name+" link set lo up")
	}
}

// inside returns a command that runs this test binary in a namespace, in a role.
func inside(t *testing.T, name, role string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "ip", "netns", "exec", fmt.Sprintf("tallow%d%s", os.Getpid(), name), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// announceIn announces from a namespace until the test ends.
func announceIn(t *testing.T, name string) {
	t.Helper()
	cmd := inside(t, name, roleAnnounce)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("the announcer: %v", err)
		}
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the announcer said %q, %v", line, err)
	}
}

// findIn returns the addresses that Find returns in a namespace.
func findIn(t *testing.T, name string) []string {
	t.Helper()
	out, err := inside(t, name, roleFind).Output()
	if err != nil {
		t.Fatalf("the finder: %v: %s", err, out)
	}
	t.Logf("%s", out)
	var found []string
	for line := range strings.Lines(string(out)) {
		if addr, ok := strings.CutPrefix(strings.TrimSpace(line), "found "); ok {
			found = append(found, addr)
		}
	}
	return found
}

// wantFound fails unless exactly these are found in a namespace, in this order.
func wantFound(t *testing.T, name string, want ...string) {
	t.Helper()
	awaitFound(t, func() []string { return findIn(t, name) }, want...)
}

// awaitFound fails unless find finds exactly these. Find listens for a moment only, in
// which a busy machine may not get all answers, so it has several attempts. None may find
// anything else.
func awaitFound(t *testing.T, find func() []string, want ...string) {
	t.Helper()
	var got []string
	for range 10 {
		got = find()
		for _, addr := range got {
			if !slices.Contains(want, addr) {
				t.Fatalf("found %v, want %v", got, want)
			}
		}
		if slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("found %v, want %v", got, want)
}

func TestOnlyLoopback(t *testing.T) {
	namespaces(t, "a")
	announceIn(t, "a")
	wantFound(t, "a", "127.0.0.1")
}

// link connects two namespaces by a cable. The interfaces at both ends get its
// name.
func link(t *testing.T, name string) {
	t.Helper()
	ip(t, fmt.Sprintf("-n NSa link add %s type veth peer name %s netns NSb", name, name))
	for _, ns := range []string{"NSa", "NSb"} {
		ip(t, fmt.Sprintf("-n %s link set %s addrgenmode none", ns, name))
		ip(t, fmt.Sprintf("-n %s link set %s up", ns, name))
	}
}

func TestAcrossALink(t *testing.T) {
	namespaces(t, "a", "b")
	link(t, "lan")
	ip(t, "-n NSa addr add 10.77.0.1/24 dev lan")
	ip(t, "-n NSb addr add 10.77.0.2/24 dev lan")
	ip(t, "-n NSa addr add fd77::1/64 dev lan nodad")
	ip(t, "-n NSb addr add fd77::2/64 dev lan nodad")
	ip(t, "-n NSa addr add fe80::77:1/64 dev lan nodad")
	ip(t, "-n NSb addr add fe80::77:2/64 dev lan nodad")
	announceIn(t, "a")
	wantFound(t, "b", "10.77.0.1", "fe80::77:1%lan")
	wantFound(t, "a", "127.0.0.1", "10.77.0.1", "fe80::77:1%lan")
}

func TestAcrossALinkWithoutIPv4(t *testing.T) {
	namespaces(t, "a", "b")
	link(t, "lan")
	ip(t, "-n NSa addr add fe80::77:1/64 dev lan nodad")
	ip(t, "-n NSb addr add fe80::77:2/64 dev lan nodad")
	announceIn(t, "a")
	wantFound(t, "b", "fe80::77:1%lan")
}

func TestAcrossSeveralLinks(t *testing.T) {
	namespaces(t, "a", "b")
	link(t, "lan")
	link(t, "wlan")
	ip(t, "-n NSa addr add 10.77.1.1/24 dev lan")
	ip(t, "-n NSb addr add 10.77.1.2/24 dev lan")
	ip(t, "-n NSa addr add 10.77.2.1/24 dev wlan")
	ip(t, "-n NSb addr add 10.77.2.2/24 dev wlan")
	// Each namespace also has an interface that leads nowhere.
	for _, ns := range []string{"NSa", "NSb"} {
		ip(t, "-n "+ns+" link add idle type veth peer name nowhere")
		ip(t, "-n "+ns+" addr add 10.77.3.1/24 dev idle")
		ip(t, "-n "+ns+" link set idle up")
		ip(t, "-n "+ns+" link set nowhere up")
	}
	announceIn(t, "a")
	find := func() []string { // whichever answers first
		found := findIn(t, "b")
		slices.Sort(found)
		return found
	}
	awaitFound(t, find, "10.77.1.1", "10.77.2.1")
}

func TestNoNetworkAtAll(t *testing.T) {
	namespaces(t, "a")
	ip(t, "-n NSa link set lo down")
	cmd := inside(t, "a", roleFind)
	cmd.Stderr = nil
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no network, not even with itself") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestPortThatIsNotShared(t *testing.T) {
	namespaces(t, "a")
	out, err := inside(t, "a", roleRefused).Output()
	if err != nil || !strings.HasPrefix(string(out), "refused: cannot announce") {
		t.Errorf("%v: %s", err, out)
	}
}

// The announcer's machine joins a network, changes its address, leaves, and joins
// another network. It can be found at every step.
func TestAnnouncementFollowsTheNetwork(t *testing.T) {
	namespaces(t, "a", "b")
	announceIn(t, "a")
	wantFound(t, "a", "127.0.0.1")

	link(t, "lan")
	ip(t, "-n NSa addr add 10.77.1.1/24 dev lan")
	ip(t, "-n NSb addr add 10.77.1.2/24 dev lan")
	wantFound(t, "b", "10.77.1.1")

	ip(t, "-n NSa addr del 10.77.1.1/24 dev lan")
	ip(t, "-n NSa addr add 10.77.1.3/24 dev lan")
	wantFound(t, "b", "10.77.1.3")

	ip(t, "-n NSa link del lan")
	link(t, "wlan")
	ip(t, "-n NSa addr add 10.77.2.1/24 dev wlan")
	ip(t, "-n NSb addr add 10.77.2.2/24 dev wlan")
	wantFound(t, "b", "10.77.2.1")
	wantFound(t, "a", "127.0.0.1", "10.77.2.1")
}

// The finder's machine joins the network while it is looking.
func TestFindFollowsTheNetwork(t *testing.T) {
	namespaces(t, "a", "b")
	announceIn(t, "a")
	cmd := inside(t, "b", roleFind)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); line != "looking\n" {
		t.Errorf("the finder said %q, %v", line, err)
	}
	link(t, "lan")
	ip(t, "-n NSa addr add 10.77.1.1/24 dev lan")
	ip(t, "-n NSb addr add 10.77.1.2/24 dev lan")
	out, err := io.ReadAll(lines)
	if err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil || !strings.HasSuffix(string(out), "found 10.77.1.1\n") {
		t.Errorf("the finder: %v: %s", err, out)
	}
}
