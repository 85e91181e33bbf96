package partial

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/names"
)

// Interrupted reports whether a transfer of these top-level names into the folder
// dir was interrupted, so that Open would take up what it left; if as is not empty,
// one that receives a single path under that name. Like [Remembered], it leaves out
// folders of other users and those in use, and writes nothing.
func Interrupted(dir string, topNames []string, as string) bool {
	dest, err := descriptors.Open(func() (*os.Root, error) { return os.OpenRoot(dir) })
	if err != nil {
		return false
	}
	defer dest.Close()
	sum := digest(topNames)
	base := names.PartialPrefix + hex.EncodeToString(sum[:8])
	return slices.ContainsFunc(folderNames(dest), func(name string) bool {
		return (name == base || strings.HasPrefix(name, base+"-")) && interrupted(dest, name, as)
	})
}

func interrupted(dest *os.Root, name, as string) bool {
	root, err := openOwn(dest, name)
	if err != nil {
		return false
	}
	defer root.Close()
	m, err := recallJournal(root)
	return err == nil && (as == "" || m.as == as) && !inUse(root)
}
