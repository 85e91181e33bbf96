package destination

import (
	"io/fs"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestModes(t *testing.T) {
	const sticky, setuid, setgid = fs.ModeSticky, fs.ModeSetuid, fs.ModeSetgid
	for _, c := range []struct {
		kind     files.Kind
		sent     fs.FileMode
		umask    fs.FileMode
		preserve bool
		want     fs.FileMode
	}{
		{files.KindFile, 0o666, 0o022, false, 0o644},
		{files.KindFile, 0o666, 0o002, false, 0o664},
		{files.KindFile, 0o666, 0o077, false, 0o600},
		{files.KindFile, 0o755, 0o077, false, 0o700},
		{files.KindFile, 0o600, 0o022, false, 0o600},
		{files.KindFile, 0o666, 0, false, 0o666},
		{files.KindFile, 0, 0o022, false, 0},
		{files.KindFile, 0o666, 0o077, true, 0o666},
		{files.KindFile, setuid | setgid | sticky | 0o755, 0o022, false, 0o755},
		{files.KindFile, setuid | setgid | sticky | 0o755, 0o022, true, 0o755},

		{files.KindStream, 0o666, 0o022, false, 0o644},
		{files.KindStream, 0o666, 0o077, false, 0o600},
		{files.KindStream, 0o666, 0o077, true, 0o600},

		{files.KindDir, 0o777, 0o022, false, 0o755},
		{files.KindDir, 0o777, 0o077, true, 0o777},
		{files.KindDir, setgid | 0o775, 0o002, true, 0o775},
		{files.KindDir, sticky | 0o777, 0o022, false, 0o755},
		{files.KindDir, sticky | 0o777, 0o002, false, sticky | 0o775},
		{files.KindDir, sticky | 0o777, 0, false, sticky | 0o777},
		{files.KindDir, sticky | 0o777, 0o077, true, sticky | 0o777},
		{files.KindDir, sticky | 0o755, 0o022, false, 0o755},
		{files.KindDir, sticky | 0o755, 0o022, true, sticky | 0o755},
	} {
		m := modes{preserve: c.preserve, umask: c.umask}
		got := m.of(c.kind, c.sent)
		if got != c.want {
			t.Errorf("%v of kind %v, umask %03o, preserve %v: %v, want %v", c.sent, c.kind, c.umask, c.preserve, got, c.want)
		}
		if back := notedMode(noteMode(got)); back != got {
			t.Errorf("%v is noted as %v", got, back)
		}
		if during := inUse(got); got&sticky != 0 && during&0o022 != 0 || during&0o700 != 0o700 {
			t.Errorf("a folder of mode %v has %v meanwhile", got, during)
		}
	}
}
