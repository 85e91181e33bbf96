// Package boxclient is the client of a relay's mailbox, in which two devices leave each
// other small sealed messages. docs/protocol.md, section 17, is the same from the
// outside.
//
//	who writes   Put
//	who reads    Watch -> Delete, Watch -> Delete, ...
//
// It puts and gets sealed bytes and knows nothing of what is in them, nor how slots are
// computed. The relay is not trusted: what it answers is checked and bounded before use.
// But it may keep back a message, or give it twice, also after Delete.
//
// Start with [Client].
package boxclient
