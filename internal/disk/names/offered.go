package names

import (
	"strings"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Offered are the names that the paths of a transfer may begin with.
type Offered struct{ tops map[string]struct{} } // nil for any

// OfferedBy returns those of an offer. An offer has room for wire.MaxOfferNames; if it
// has as many, there may be more, and any name is allowed.
func OfferedBy(topNames []string) Offered {
	if len(topNames) >= wire.MaxOfferNames {
		return Offered{}
	}
	tops := make(map[string]struct{}, len(topNames))
	for _, n := range topNames {
		tops[n] = struct{}{}
	}
	return Offered{tops}
}

// Has reports whether a path was offered.
func (o Offered) Has(path string) bool {
	top, _, _ := strings.Cut(path, "/")
	_, ok := o.tops[top]
	return ok || o.tops == nil
}
