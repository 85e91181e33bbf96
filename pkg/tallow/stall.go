package tallow

// StallReason is what a transfer that makes no progress waits for.
type StallReason string

// The reasons for a stall.
const (
	StallReconnecting   StallReason = "reconnecting"    // every connection is lost
	StallPeerVerifies   StallReason = "peer-verifies"   // a person compares words there, and nobody does here
	StallNoLane         StallReason = "no-lane"         // no lane carries data at the moment
	StallSlowConnection StallReason = "slow-connection" //
	StallSlowReading    StallReason = "slow-reading"    // of the files on this machine
	StallLocalDisk      StallReason = "local-disk"      // writing to it takes long
	StallPeerDisk       StallReason = "peer-disk"       // all has arrived there
	StallPeerCommit     StallReason = "peer-commit"     // the receiver gives the files their names
	StallPeerFinishing  StallReason = "peer-finishing"  //
	StallNoManifest     StallReason = "no-manifest"     // the sender has not listed its files yet
	StallNothingSent    StallReason = "nothing-sent"    // by the sender
)
