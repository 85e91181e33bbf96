package rooms_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/relay/rooms"
	"github.com/tallow-transfer/tallow/relay/rooms/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) rooms.Store { return rooms.NewMemory() })
}
