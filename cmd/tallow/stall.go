package main

import (
	"fmt"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// stallText says why nothing moves, in words.
func stallText(e tallow.StallEvent) string {
	switch e.Reason {
	case tallow.StallReconnecting:
		return fmt.Sprintf("no lane is up, reconnecting %d/∞", e.Attempt)
	case tallow.StallStoreAway:
		return fmt.Sprintf("the relay does not answer, or asks to wait; attempt %d follows", e.Attempt)
	case tallow.StallPeerVerifies:
		return "the verification words are compared on the other machine first"
	case tallow.StallNoLane:
		return "no lane carries data at the moment"
	case tallow.StallSlowConnection:
		return "the connection is slow"
	case tallow.StallSlowReading:
		return "reading the files takes long on this machine"
	case tallow.StallLocalDisk:
		return "this machine's disk is slow"
	case tallow.StallPeerDisk:
		return "the receiver's disk is slow"
	case tallow.StallPeerCommit:
		return "the receiver is putting the files in place"
	case tallow.StallPeerFinishing:
		return "the receiver is finishing"
	case tallow.StallNoManifest:
		return "waiting for the sender's list of files"
	case tallow.StallNothingSent:
		return "nothing comes from the sender"
	}
	return string(e.Reason)
}
