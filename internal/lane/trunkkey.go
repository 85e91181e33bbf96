package lane

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tallow-transfer/tallow/internal/trunk"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// trunkAttribute is the line of a session description with which a side says
// that it accepts associations, and with which key it seals what it sends there.
// Descriptions travel sealed. A browser knows nothing of it and says nothing.
const trunkAttribute = "a=tallow-trunk:"

func newTrunkKey() []byte {
	key := make([]byte, trunk.KeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

func appendTrunkKey(sdp string, key []byte) string {
	return sdp + trunkAttribute + base64.StdEncoding.EncodeToString(key) + "\r\n"
}

// trunkKey finds the key in a description; nil if there is none.
func trunkKey(sdp string) ([]byte, error) {
	for line := range strings.Lines(sdp) {
		text, found := strings.CutPrefix(strings.TrimRight(line, "\r\n"), trunkAttribute)
		if !found {
			continue
		}
		key, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(key) != trunk.KeySize {
			return nil, fmt.Errorf("%w: the key of a trunk", wire.ErrMalformed)
		}
		return key, nil
	}
	return nil, nil
}

// startTrunk takes the other side's key out of its description.
func (w *WebRTC) startTrunk(sdp string) error {
	key, err := trunkKey(sdp)
	if err != nil || key == nil {
		return err
	}
	if err := w.trunk.Start(w.key, key); err != nil {
		return err
	}
	w.widens.Store(true)
	return nil
}
