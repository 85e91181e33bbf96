package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/vault/backup"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

const killedPassword = "correct-horse"

// vaultIn is the program with a folder of state, and the password of its vault.
func vaultIn(dir string) *program {
	return withEnvironment(map[string]string{
		"XDG_STATE_HOME": dir, "LocalAppData": dir, "HOME": dir, "TALLOW_KEYRING": "off", vaultPasswordVariable: killedPassword,
	})
}

// makeVault makes a vault with one transfer in its history.
func makeVault(t *testing.T, dir, name string) *program {
	t.Helper()
	p := vaultIn(dir)
	s, err := p.openHistory(t.Context(), true, func(string, string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	e := history.Entry{Started: time.Now(), Direction: history.Sent, State: history.Running, Names: []string{name}}
	r, err := s.Begin(t.Context(), e)
	if err == nil {
		e.State = history.Completed
		err = errors.Join(r.Save(t.Context(), e), r.Close(), s.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// kept returns the names of what is in the history of a vault, locked or not.
func kept(t *testing.T, p *program) (names []string) {
	t.Helper()
	s, err := p.openHistory(t.Context(), false, func(string, string, ...any) {})
	if errors.Is(err, devicekey.ErrNone) {
		return nil
	}
	if err != nil {
		t.Fatalf("the history cannot be opened: %v", err)
	}
	entries, _, err := s.List(t.Context(), history.Filter{})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Names...)
	}
	return names
}

func vaultStatus(t *testing.T, p *program) devicekey.Status {
	t.Helper()
	status, err := p.keyStore().Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// A command about the vault that is killed leaves the vault as it was, or as it was to
// be, and no half of a file under its name.
func TestVaultKilled(t *testing.T) {
	exported := filepath.Join(t.TempDir(), exportName)
	other := makeVault(t, t.TempDir(), "other.txt")
	key, files, err := other.copyVault(t.Context(), other.keyStore())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := errors.Join(backup.Write(&b, killedPassword, key, files), os.WriteFile(exported, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	only := func(t *testing.T, p *program, names ...string) {
		t.Helper()
		got := kept(t, p)
		for _, name := range names {
			if len(got) == 1 && got[0] == name {
				return
			}
		}
		t.Errorf("the history has %q, want one of %q", got, names)
	}
	for name, tt := range map[string]struct {
		locked bool
		args   []string
		check  func(t *testing.T, p *program, dir string)
	}{
		"lock":   {args: []string{"lock"}, check: func(t *testing.T, p *program, _ string) { only(t, p, "report.pdf") }},
		"unlock": {locked: true, args: []string{"unlock"}, check: func(t *testing.T, p *program, _ string) { only(t, p, "report.pdf") }},
		"export": {args: []string{"export", "-o", "out.vault"}, check: func(t *testing.T, p *program, dir string) {
			only(t, p, "report.pdf")
			b, err := os.ReadFile(filepath.Join(dir, "out.vault"))
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := backup.Open(bytes.NewReader(b), killedPassword)
			if err == nil {
				err = r.Extract(t.TempDir(), databases())
			}
			if err != nil {
				t.Errorf("the file of the export: %v", err)
			}
		}},
		"import": {args: []string{"import", "--replace", exported}, check: func(t *testing.T, p *program, _ string) { only(t, p, "report.pdf", "other.txt") }},
		"destroy": {args: []string{"destroy", "--yes"}, check: func(t *testing.T, p *program, dir string) {
			if vaultStatus(t, p).Place != "" {
				only(t, p, "report.pdf")
				return
			}
			if _, err := os.Lstat(filepath.Join(p.historyDir(), "history.db")); err == nil {
				t.Error("there is no key, and there is a history")
			}
			makeVault(t, dir, "new.txt")
			only(t, p, "new.txt")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var took time.Duration
			for try := range 4 {
				dir := t.TempDir()
				p := makeVault(t, dir, "report.pdf")
				if tt.locked {
					if err := p.keyStore().Lock(t.Context(), killedPassword); err != nil {
						t.Fatal(err)
					}
				}
				cmd := exec.Command("tallow", append([]string{"vault"}, tt.args...)...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir, "LocalAppData="+dir, "HOME="+dir, "TALLOW_KEYRING=off", "TALLOW_PASSWORD="+killedPassword, vaultPasswordVariable+"="+killedPassword)
				if try == 0 { // says how long it takes
					begin := time.Now()
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
					took = time.Since(begin)
				} else {
					killLater(t, cmd, rand.N(took))
				}
				tt.check(t, p, dir)
			}
		})
	}
}

// killLater runs a command and kills it after a while, unless it has ended.
func killLater(t *testing.T, cmd *exec.Cmd, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}
