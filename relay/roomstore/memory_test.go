package roomstore_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/relay/roomstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) roomstore.Store { return roomstore.NewMemory() })
}
