package destination

import (
	"fmt"
	"strings"
)

// Policy says what to do with an entry whose name is taken by a file that is not
// of this transfer. Under every policy folders are merged, and a file with the same
// content as the entry stays, counts as received, and is neither asked about nor
// renamed; only PolicyOverwrite gives it the mode and time of the entry.
//
// To find that out, the existing file is hashed if it has the size of the entry,
// and under PolicyOverwrite also if it has another size: then the blocks that both
// have are not sent.
type Policy uint8

// The policies.
const (
	PolicyAsk       Policy = iota // ask the user; without Options.Ask like PolicyFail
	PolicyRename                  // keep both: "name (1).ext"
	PolicyOverwrite               // replace the existing file, atomically, once the new one is verified
	PolicySkip                    // keep the existing file
	PolicyFail                    // end the transfer
)

// String returns the policy's name on the command line.
func (p Policy) String() string {
	switch p {
	case PolicyAsk:
		return "ask"
	case PolicyRename:
		return "rename"
	case PolicyOverwrite:
		return "overwrite"
	case PolicySkip:
		return "skip"
	case PolicyFail:
		return "fail"
	}
	return fmt.Sprintf("policy %d", uint8(p))
}

// ParsePolicy returns the policy of that name.
func ParsePolicy(s string) (Policy, error) {
	for p := PolicyAsk; p <= PolicyFail; p++ {
		if strings.EqualFold(s, p.String()) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("there is no conflict policy %q: it is ask, rename, overwrite, skip or fail", s)
}
