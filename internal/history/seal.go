package history

import "github.com/tallow-transfer/tallow/internal/vault/sealeddb"

// ErrDamaged means that a sealed value was changed, or moved from another place.
var ErrDamaged = sealeddb.ErrDamaged

// cell is a column whose values are sealed.
type cell = sealeddb.Cell

// cells are the sealed columns, beside one by which a wrong key is known.
func cells() []cell {
	return []cell{
		{Table: "entries", Column: "names"},
		{Table: "entries", Column: "places"},
		{Table: "entries", Column: "peer"},
		{Table: "entries", Column: "outcome"},
		{Table: "texts", Column: "text"},
		{Table: "pages", Column: "texts"},
	}
}
