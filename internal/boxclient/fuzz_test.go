package boxclient

import (
	"bytes"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// FuzzParse reads any answer. What is read are messages of slots that were asked for, each
// once, of the one size, and no more than there may be.
func FuzzParse(f *testing.F) {
	body := bytes.Repeat([]byte{7}, MessageSize)
	f.Add(wire.BoxMessages{Messages: []wire.BoxMessage{{Slot: wire.BoxSlot{1}, Message: body}, {Slot: wire.BoxSlot{2}, Message: body}}}.Append(nil))
	f.Add(wire.BoxMessages{Messages: []wire.BoxMessage{{Slot: wire.BoxSlot{3}, Message: body}}}.Append(nil))
	f.Add([]byte(`{"messages":[{"slot":null,"message":""}]}`))
	f.Add([]byte(`{"messages":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		messages, err := parse(b, map[Slot]bool{{1}: true, {2}: true})
		if err != nil {
			if messages != nil {
				t.Errorf("%d messages beside an error", len(messages))
			}
			return
		}
		seen := map[Slot]bool{{1}: true, {2}: true}
		for _, m := range messages {
			if !seen[m.Slot] || len(m.Body) != MessageSize {
				t.Errorf("slot %x, %d bytes", m.Slot, len(m.Body))
			}
			delete(seen, m.Slot)
		}
	})
}
