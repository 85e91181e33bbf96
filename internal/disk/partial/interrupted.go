package partial

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// Interrupted reports whether a transfer of these top-level names into the folder
// dir was interrupted, so that Open would take up what it left. Like [Remembered],
// it leaves out folders of other users and those in use, and writes nothing.
func Interrupted(dir string, topNames []string) bool {
	dest, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer dest.Close()
	sum := digest(topNames)
	base := names.PartialPrefix + hex.EncodeToString(sum[:8])
	return slices.ContainsFunc(folderNames(dest), func(name string) bool {
		return (name == base || strings.HasPrefix(name, base+"-")) && interrupted(dest, name)
	})
}

func interrupted(dest *os.Root, name string) bool {
	info, err := dest.Lstat(name)
	if err != nil || !info.IsDir() || !osfs.OwnedByUser(info) {
		return false
	}
	root, err := osfs.OpenDir(dest, name, info)
	if err != nil {
		return false
	}
	defer root.Close()
	_, err = root.Lstat(journalName)
	return err == nil && !inUse(root)
}
