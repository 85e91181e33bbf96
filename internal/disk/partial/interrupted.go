package partial

import (
	"context"
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
func Interrupted(ctx context.Context, dir string, topNames []string, as string) bool {
	dest, err := descriptors.Open(ctx, func() (*os.Root, error) { return os.OpenRoot(dir) })
	if err != nil {
		return false
	}
	defer dest.Close()
	sum := digest(topNames)
	base := names.PartialPrefix + hex.EncodeToString(sum[:8])
	return slices.ContainsFunc(folderNames(ctx, dest), func(name string) bool {
		return (name == base || strings.HasPrefix(name, base+"-")) && interrupted(ctx, dest, name, as)
	})
}

func interrupted(ctx context.Context, dest *os.Root, name, as string) bool {
	root, err := openOwn(ctx, dest, name)
	if err != nil {
		return false
	}
	defer root.Close()
	m, err := recallJournal(ctx, root)
	return err == nil && (as == "" || m.as == as) && !inUse(ctx, root)
}
