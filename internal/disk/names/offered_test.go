package names

import (
	"fmt"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestOffered(t *testing.T) {
	some := OfferedBy([]string{"a", "b c"})
	for path, want := range map[string]bool{"a": true, "a/x/y": true, "b c/x": true, "b": false, "ab": false, "": false, "c/a": false} {
		if got := some.Has(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	if OfferedBy(nil).Has("a") {
		t.Error("nothing was offered")
	}
	var many []string
	for i := range wire.MaxOfferNames {
		many = append(many, fmt.Sprint(i))
	}
	if !OfferedBy(many).Has("another") {
		t.Error("a full offer may have left names out")
	}
}
