package mailbox_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/relay/mailbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/mailboxtest"
)

func TestMemory(t *testing.T) {
	mailboxtest.Run(t, func(*testing.T) mailbox.Store { return mailbox.NewMemory() })
}
