package devicekey

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// inChild runs a test of this package in a process of its own, with a session bus.
// The library keeps its connection to the bus for as long as a process runs.
func inChild(t *testing.T, name, bus string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS="+bus, "DEVICEKEY_CHILD=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func isChild() bool { return os.Getenv("DEVICEKEY_CHILD") != "" }

// A bus that takes connections and never says anything does not keep the key from
// being made.
func TestSilentBus(t *testing.T) {
	if isChild() {
		ring, err := SystemKeyring(os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring, Patience: 100 * time.Millisecond}
		if o := open(t, s); o.Place != PlaceFile || !errors.Is(o.NoKeyring, errSlowKeyring) {
			t.Errorf("opened: %+v", o)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	inChild(t, "TestSilentBus", "unix:path="+path)
}

// The Secret Service keeps the key, as any program on the bus can implement it.
func TestSecretService(t *testing.T) {
	if isChild() {
		ring, err := SystemKeyring(os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		s := Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring}
		first := open(t, s)
		if first.Place != PlaceKeyring || !first.Made {
			t.Errorf("at first use: %+v", first)
		}
		if second := open(t, s); *second.Key != *first.Key {
			t.Error("the second key is another one")
		}
		if err := s.Destroy(t.Context()); err != nil {
			t.Error(err)
		}
		if third := open(t, s); *third.Key == *first.Key {
			t.Error("the key was not destroyed")
		}
		return
	}
	bus := sessionBus(t)
	serveSecrets(t, bus)
	inChild(t, "TestSecretService", bus)
}

// A bus on which nobody keeps secrets is none.
func TestBusWithoutSecrets(t *testing.T) {
	if isChild() {
		ring, err := SystemKeyring(os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		if o := open(t, Store{Dir: filepath.Join(t.TempDir(), "state"), Keyring: ring}); o.Place != PlaceFile || o.NoKeyring == nil {
			t.Errorf("opened: %+v", o)
		}
		return
	}
	inChild(t, "TestBusWithoutSecrets", sessionBus(t))
}

// Without a bus there is no keyring, and none is started.
func TestReachable(t *testing.T) {
	if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()))); err != nil {
		for _, address := range []string{"", "autolaunch:"} {
			if _, err := SystemKeyring(func(string) string { return address }); !errors.Is(err, errNoBus) {
				t.Errorf("with the address %q: %v", address, err)
			}
		}
	}
	if _, err := SystemKeyring(func(string) string { return "unix:path=/somewhere" }); err != nil {
		t.Errorf("with a bus: %v", err)
	}
}

// sessionBus runs a bus and returns its address.
func sessionBus(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon")
	}
	cmd := exec.Command(path, "--session", "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// secrets is a Secret Service with one collection, which is never locked.
type secrets struct {
	conn *dbus.Conn

	mu    sync.Mutex
	items map[dbus.ObjectPath]*item
}

type item struct {
	of         *secrets
	path       dbus.ObjectPath
	attributes map[string]string
	secret     secret
}

type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

const noPrompt = dbus.ObjectPath("/")

func serveSecrets(t *testing.T, bus string) {
	t.Helper()
	conn, err := dbus.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &secrets{conn: conn, items: make(map[dbus.ObjectPath]*item)}
	for path, iface := range map[dbus.ObjectPath]string{
		"/org/freedesktop/secrets":                 "org.freedesktop.Secret.Service",
		"/org/freedesktop/secrets/aliases/default": "org.freedesktop.Secret.Collection",
		"/org/freedesktop/secrets/session/1":       "org.freedesktop.Secret.Session",
	} {
		if err := conn.Export(s, path, iface); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := conn.RequestName("org.freedesktop.secrets", 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
}

func (s *secrets) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", nil
}

func (s *secrets) Close() *dbus.Error { return nil }

func (s *secrets) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return objects, noPrompt, nil
}

func (s *secrets) CreateItem(properties map[string]dbus.Variant, given secret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := &item{of: s, path: dbus.ObjectPath("/org/freedesktop/secrets/item/" + strings.Repeat("i", len(s.items)+1)), secret: given}
	i.attributes, _ = properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	if err := s.conn.Export(i, i.path, "org.freedesktop.Secret.Item"); err != nil {
		return "", "", dbus.MakeFailedError(err)
	}
	s.items[i.path] = i
	return i.path, noPrompt, nil
}

func (s *secrets) SearchItems(attributes map[string]string) (found []dbus.ObjectPath, _ *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, i := range s.items {
		if i.attributes["username"] == attributes["username"] && i.attributes["service"] == attributes["service"] {
			found = append(found, path)
		}
	}
	return found, nil
}

func (i *item) GetSecret(dbus.ObjectPath) (secret, *dbus.Error) { return i.secret, nil }

func (i *item) Delete() (dbus.ObjectPath, *dbus.Error) {
	i.of.mu.Lock()
	defer i.of.mu.Unlock()
	delete(i.of.items, i.path)
	return noPrompt, nil
}
