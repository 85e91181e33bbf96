package disk

import (
	"fmt"
	"strings"
)

// Policy says what to do with an entry whose name is taken by a file that is
// not of this transfer. Folders are merged under every policy, and a file whose
// content is that of the entry stays, counts as received, and is neither asked
// about nor renamed; only PolicyOverwrite gives it the entry's mode and time.
//
// To find that out costs hashing the file that is there, which is done if it has
// the size of the entry, and under PolicyOverwrite also if it has another one:
// then what the two have in common is not sent.
type Policy uint8

// The policies, as --on-conflict names them.
const (
	PolicyAsk       Policy = iota // ask the person; without Options.Ask as PolicyFail
	PolicyRename                  // keep both: "name (1).ext"
	PolicyOverwrite               // replace what is there, atomically, when all of the new file is verified
	PolicySkip                    // keep what is there
	PolicyFail                    // end the transfer
)

// String is the policy's name on the command line.
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

// ParsePolicy is the policy of that name.
func ParsePolicy(s string) (Policy, error) {
	for p := PolicyAsk; p <= PolicyFail; p++ {
		if strings.EqualFold(s, p.String()) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("there is no conflict policy %q: it is ask, rename, overwrite, skip or fail", s)
}
