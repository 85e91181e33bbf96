package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/relay"
)

// TestMain gives the scripts of testdata the command, and words to put before
// it, which can be combined:
//
//	exec expect 3 to out.txt tallow receive 7-acid-acorn-acre
//
//	expect N   the exit code has to be N
//	to FILE    stdout goes to FILE
//	log FILE   stderr goes to FILE
//	after FILE waits until FILE has a first line
//	in DIR     the command runs in DIR
//	limited KB the command may use only so much address space
//	idle       stdin gives nothing and does not end
//	answers FILE  a person at a terminal answers questions with the lines of FILE
//	detached   there is no terminal
//	screened   stderr is the terminal of answers
//	shown      stdout is the terminal of answers
//	unread     nobody reads stdout
//	umask N    the process has the umask N, in octal
//
// All of them run in the one process, so that a signal reaches the command.
func TestMain(m *testing.M) {
	commands := make(map[string]func())
	for name, f := range words() {
		commands[name] = func() { os.Exit(f()) }
	}
	if commands[filepath.Base(os.Args[0])] == nil {
		_ = os.Setenv("NO_COLOR", "1") // what tests look for in terminals has no colours in it
	}
	testscript.Main(m, commands)
}

// words are what the arguments may begin with. Each runs what follows it.
func words() map[string]func() int {
	return map[string]func() int{
		"tallow": run,
		"expect": func() int {
			want, err := strconv.Atoi(shift())
			got := rest()
			if err != nil || got != want {
				fmt.Fprintf(os.Stderr, "exit code %d, want %d\n", got, want)
				return 1
			}
			return 0
		},
		"to": func() int {
			f, err := os.Create(shift())
			if err != nil {
				return fail(err)
			}
			os.Stdout = f
			return rest()
		},
		"log": func() int {
			f, err := os.Create(shift())
			if err != nil {
				return fail(err)
			}
			os.Stderr = f
			return rest()
		},
		"after": func() int {
			if _, err := firstLine(shift()); err != nil {
				return fail(err)
			}
			return rest()
		},
		"idle": func() int {
			r, w, err := os.Pipe()
			if err != nil {
				return fail(err)
			}
			defer w.Close()
			os.Stdin = r
			return rest()
		},
		"in": func() int {
			if err := os.Chdir(shift()); err != nil {
				return fail(err)
			}
			return rest()
		},
		"limited":  limited,
		"answers":  answers,
		"detached": detached,
		"screened": screened,
		"shown":    shown,
		"unread":   unread,
		"umask":    umask,
	}
}

// shift takes an argument off.
func shift() string {
	arg := os.Args[1]
	os.Args = append(os.Args[:1:1], os.Args[2:]...)
	return arg
}

// rest runs the command that follows.
func rest() int {
	os.Args = os.Args[1:]
	return words()[os.Args[0]]()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// patience is how long a script waits for something to happen.
const patience = time.Minute

// poll calls f until it succeeds.
func poll(f func() error) error {
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("waited for %v: %w", patience, err)
		case <-tick.C:
		}
	}
}

func TestScripts(t *testing.T) {
	mails, hooks := newMailServers(t), newHookServer(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               surround(startRelay(t)),
		Condition:           condition,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":        await,
			"certificate":  makeCertificate,
			"get":          get,
			"message":      message,
			"gone":         gone,
			"nginx":        runNginx,
			"secretless":   secretless,
			"sealed":       sealed,
			"until-metric": untilMetric,
			"set":          setFromFile,
			"code":         readCode,
			"events":       checkEvents,
			"fewer":        dropWord,
			"random":       random,
			"remembered":   remembered,
			"recorded":     recorded,
			"claimed":      claimed,
			"relay":        useRelay,
			"invites":      invites,
			"smtp":         mails.start,
			"mails":        mails.read,
			"until-mail":   untilMail,
			"asked":        mails.asked,
			"hook":         hooks.hook,
			"hooked":       hooks.hooked,
			"signal":       sendSignal,
			"still":        standsStill,
			"stored":       storeForScript,
			"zeros":        zeros,
			"term":         terminate,
			"clock":        startClock,
			"under":        checkClock,
			"mode":         checkMode,
			"setmode":      changeMode,
		},
	})
}

// condition decides what a script may ask for in brackets: whether there is nginx,
// and whether the race detector runs, which needs memory of its own.
func condition(name string) (bool, error) {
	switch name {
	case "nginx":
		_, ok := nginxPath()
		return ok, nil
	case "race":
		return raceDetector, nil
	}
	return false, fmt.Errorf("there is no condition %s", name)
}

// startRelay runs the relay that scripts use unless they run their own, and
// returns its address.
func startRelay(t *testing.T) string {
	ctx, cancel := context.WithCancel(context.Background())
	addr, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		config := relay.Config{RoomsPerMinute: -1, JoinsPerMinute: -1, ResumesPerMinute: -1, Mailbox: relay.MailboxConfig{PutsPerMinute: -1, RequestsPerMinute: -1}}
		ended <- relay.ListenAndServe(ctx, "127.0.0.1:0", config, func(a net.Addr) { addr <- a })
	}()
	t.Cleanup(func() { // after the scripts, which run in parallel to this function's caller
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-addr:
		return a.String()
	case err := <-ended:
		ended <- err
		t.Fatal(err)
		return ""
	}
}

// makeDeviceKey makes the key of the history, so that no command is the first one and
// warns of it.
func makeDeviceKey(dir string) error {
	o, err := devicekey.Store{Dir: dir, NoKeyring: errKeyringOff}.Open(context.Background())
	if err == nil {
		o.Key.Wipe()
	}
	return err
}

// surround is what every script begins with: no terminal variables, the relay in
// TALLOW_RELAY and RELAY, and a folder "got".
func surround(relayAddr string) func(*testscript.Env) error {
	return func(e *testscript.Env) error {
		source, err := filepath.Abs("../..")
		if err != nil {
			return err
		}
		e.Setenv("SOURCE", source)
		e.Setenv("RELAY", relayAddr)
		e.Setenv("TALLOW_RELAY", relayAddr)
		e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
		e.Setenv("LocalAppData", filepath.Join(e.WorkDir, ".state"))
		e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
		e.Setenv("AppData", filepath.Join(e.WorkDir, ".config"))
		e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command ends a second late under -race
		e.Setenv("TALLOW_KEYRING", "off")       // that of who runs the tests is not touched
		e.Values[clockKey{}] = new(time.Time)
		if err := makeDeviceKey(filepath.Join(e.WorkDir, ".state", "tallow")); err != nil {
			return err
		}
		return os.Mkdir(filepath.Join(e.WorkDir, "got"), 0o755)
	}
}
