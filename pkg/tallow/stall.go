package tallow

// StallReason says what a transfer without progress waits for.
type StallReason string

// The reasons for a stall.
const (
	StallReconnecting   StallReason = "reconnecting"    // every connection is lost
	StallStoreAway      StallReason = "store-away"      // the relay that has stored it cannot be reached, or asks to wait
	StallPeerVerifies   StallReason = "peer-verifies"   // a person compares words there, and nobody does here
	StallNoLane         StallReason = "no-lane"         // no lane carries data at the moment
	StallSlowConnection StallReason = "slow-connection" // data is in flight
	StallSlowReading    StallReason = "slow-reading"    // the source on this machine is slow
	StallLocalDisk      StallReason = "local-disk"      // writing on this machine is slow
	StallPeerDisk       StallReason = "peer-disk"       // the receiver has everything, but has not written it
	StallPeerCommit     StallReason = "peer-commit"     // the receiver moves files to their final names
	StallPeerFinishing  StallReason = "peer-finishing"  // the receiver finishes folders and symlinks
	StallNoManifest     StallReason = "no-manifest"     // the sender has not listed its files yet
	StallNothingSent    StallReason = "nothing-sent"    // the sender sends nothing
)
