package devicekey

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/privatefile"
)

// folder is a keyring that several processes share, with a file for each secret.
type folder string

func (f folder) Get(_ context.Context, name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(string(f), name))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrLost
	}
	return string(content), err
}

// Set is done or not, as in a keyring that is a process of its own.
func (f folder) Set(_ context.Context, name, secret string) error {
	half := filepath.Join(string(f)+"-half", name)
	if err := privatefile.Replace(half, []byte(secret)); err != nil {
		return err
	}
	return os.Rename(half, filepath.Join(string(f), name))
}

func (f folder) Delete(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(string(f), name))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// shared is the Store of processes that share a folder.
func shared(dir string, place Place) Store {
	s := Store{Dir: filepath.Join(dir, "state"), NoKeyring: errNoKeyring, Sealed: []string{"history/db"}, cost: testCost()}
	if place == PlaceKeyring {
		s.Keyring = folder(filepath.Join(dir, "ring"))
	}
	return s
}

// child runs a test in a process of its own, which does work in a folder.
func child(test, dir string, place Place, work string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), "DEVICEKEY_CHILD="+work, "DEVICEKEY_DIR="+dir, "DEVICEKEY_PLACE="+string(place))
	return cmd
}

// inherited returns what a child has to do, and where.
func inherited() (work string, s Store) {
	return os.Getenv("DEVICEKEY_CHILD"), shared(os.Getenv("DEVICEKEY_DIR"), Place(os.Getenv("DEVICEKEY_PLACE")))
}

// makeShared makes the folders of shared.
func makeShared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ring", "ring-half"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// changeForever changes a key over and over again, until the process is killed.
func changeForever(t *testing.T, work string, s Store) {
	for {
		var errs []error
		switch work {
		case "lock":
			_, unlocked := s.Unlock(t.Context(), "password")
			errs = append(errs, s.Lock(t.Context(), ""), unlocked)
		case "password":
			errs = append(errs, s.SetPassword(t.Context(), "password"), s.SetPassword(t.Context(), "another"))
		case "replace":
			errs = append(errs, replaceWithFile(t, s))
		case "destroy":
			errs = append(errs, replaceWithFile(t, s), s.Destroy(t.Context()))
		}
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("done\n")
	}
}

// replaceWithFile replaces the key, and writes which one it is into the file that it
// seals.
func replaceWithFile(t *testing.T, s Store) error {
	key := newKey()
	_, err := s.Replace(t.Context(), key, func(dir string) error {
		put(t, filepath.Join(dir, "history", "db"), sealedBy(t, key))
		return nil
	})
	return err
}

// sealedBy is what a file says that a key has sealed.
func sealedBy(t *testing.T, key *Key) string {
	t.Helper()
	check, err := key.check()
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(check[:])
}

// A process that is killed while it changes a key leaves the old state or the new one:
// with the key all that it has sealed, and without it nothing.
func TestKilled(t *testing.T) {
	if work, s := inherited(); work != "" {
		changeForever(t, work, s)
	}
	kills := 10
	if testing.Short() {
		kills = 3
	}
	for _, place := range []Place{PlaceKeyring, PlaceFile} {
		for work, check := range map[string]func(*testing.T, Store, *Key){
			"lock": checkLocked, "password": checkPassword, "replace": checkReplaced, "destroy": checkDestroyed,
		} {
			t.Run(work+" in "+string(place), func(t *testing.T) {
				dir := makeShared(t)
				s := shared(dir, place)
				if err := replaceWithFile(t, s); err != nil {
					t.Fatal(err)
				}
				if err := s.SetPassword(t.Context(), "password"); err != nil {
					t.Fatal(err)
				}
				first := open(t, s).Key
				for range kills {
					killOne(t, dir, place, work)
					check(t, s, first)
					checkNoCopies(t, dir)
				}
			})
		}
	}
}

// killOne runs a child and kills it in the middle of its work.
func killOne(t *testing.T, dir string, place Place, work string) {
	t.Helper()
	cmd := child("TestKilled", dir, place, work)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	begin := time.Now()
	var took time.Duration
	for range 2 { // the second round says how long one takes
		line, err := lines.ReadString('\n')
		if line != "done\n" {
			t.Fatalf("a process says %q, %v", line, err)
		}
		took = time.Since(begin)
		begin = time.Now()
	}
	<-time.After(rand.N(took + time.Millisecond))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// withPassword is a Store that opens a locked key.
func withPassword(s Store, password string) Store {
	s.Password = password
	return s
}

func checkLocked(t *testing.T, s Store, first *Key) {
	t.Helper()
	if _, err := s.Load(t.Context()); err != nil && !errors.Is(err, ErrLocked) {
		t.Errorf("loaded: %v", err)
	}
	mustHave(t, withPassword(s, "password"), first)
	if err := s.Lock(t.Context(), ""); err != nil {
		t.Errorf("locked: %v", err)
	}
	for path, content := range list(t, filepath.Dir(s.Dir)) {
		if strings.Contains(content, encodeKey(first)) && !strings.HasPrefix(path, "ring-half") {
			t.Errorf("locked, the key is in %s", path)
		}
	}
}

func checkPassword(t *testing.T, s Store, first *Key) {
	t.Helper()
	mustHave(t, s, first)
	right := 0
	for _, password := range []string{"password", "another"} {
		if _, err := s.Unlock(t.Context(), password); err == nil {
			right++
		}
	}
	if right != 1 {
		t.Errorf("%d passwords are right", right)
	}
}

func checkReplaced(t *testing.T, s Store, _ *Key) {
	t.Helper()
	o, err := s.Load(t.Context())
	if err != nil {
		t.Errorf("loaded: %v", err)
		return
	}
	if got := list(t, s.Dir)["history/db"]; got != sealedBy(t, o.Key) {
		t.Error("the file is sealed with another key, or is gone")
	}
}

func checkDestroyed(t *testing.T, s Store, first *Key) {
	t.Helper()
	_, err := s.Load(t.Context())
	if !errors.Is(err, ErrNone) {
		checkReplaced(t, s, first)
		return
	}
	// What a process that was killed has left, as beside a key that was not decided for,
	// goes when somebody destroys it once more.
	if err := s.Destroy(t.Context()); err != nil {
		t.Errorf("destroyed: %v", err)
	}
	for path := range list(t, filepath.Dir(s.Dir)) {
		if path != "state/device-key.lock" && !strings.HasPrefix(path, "ring-half") {
			t.Errorf("without a key there is %s", path)
		}
	}
}

// isCopy reports whether a path is one that a change of the key sweeps away.
func isCopy(path string) bool {
	number, ok := strings.CutPrefix(path, "state/device-key.")
	return ok && strings.Trim(number, "0123456789") == ""
}

// checkNoCopies fails if the next change leaves anything of one that was killed.
func checkNoCopies(t *testing.T, dir string) {
	t.Helper()
	s := shared(dir, PlaceFile)
	if err := s.change(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	for path := range list(t, dir) {
		if isCopy(path) {
			t.Errorf("there is still %s", path)
		}
	}
}

// Several processes that lock, unlock and use a key at the same time find the same one,
// or find it locked.
func TestProcessesAtOnce(t *testing.T) {
	if work, s := inherited(); work != "" {
		for range 10 {
			_, unlocked := s.Unlock(t.Context(), "password")
			used := s.Use(t.Context(), true, func(o Opened) error {
				if got := list(t, s.Dir)["history/db"]; got != sealedBy(t, o.Key) {
					t.Error("the key is another one")
				}
				return nil
			})
			if errors.Is(used, ErrLocked) {
				used = nil // by another process
			}
			if err := errors.Join(unlocked, used, s.SetPassword(t.Context(), "password"), s.Lock(t.Context(), "password")); err != nil && !errors.Is(err, ErrLocked) {
				t.Error(err)
			}
		}
		return
	}
	for _, place := range []Place{PlaceKeyring, PlaceFile} {
		t.Run(string(place), func(t *testing.T) {
			dir := makeShared(t)
			s := shared(dir, place)
			if err := errors.Join(replaceWithFile(t, s), s.SetPassword(t.Context(), "password")); err != nil {
				t.Fatal(err)
			}
			first := open(t, s).Key
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					cmd := child("TestProcessesAtOnce", dir, place, "share")
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v\n%s", err, out)
					}
				})
			}
			wg.Wait()
			mustHave(t, withPassword(s, "password"), first)
		})
	}
}
