package tallow

// Reason says what happened, for programs: each program puts it into words for
// the people that it speaks to. Reasons are only ever added. A comment says which
// fields of the Error belong to one besides Sending, Kept and Err.
type Reason string

// What was wrong with the options of a Send or a Receive (KindUsage).
const (
	ReasonNothingToSend   Reason = "nothing-to-send"
	ReasonSeveralSources  Reason = "several-sources"
	ReasonSeveralOutputs  Reason = "several-outputs"
	ReasonPathEmpty       Reason = "path-empty"
	ReasonPathMissing     Reason = "path-missing"      // Path
	ReasonPathSpecial     Reason = "path-special"      // Path is a Detail: a named pipe, a socket, a device
	ReasonPathNotUTF8     Reason = "path-not-utf8"     // Path
	ReasonPathWholeDisk   Reason = "path-whole-disk"   // Path has no name of its own
	ReasonPathsOfOneName  Reason = "paths-of-one-name" // Path and Other
	ReasonNoCurrentFolder Reason = "no-current-folder" // Path, Detail
	ReasonOutputName      Reason = "output-name"       // Path is no name for a file here
	ReasonOutputOneName   Reason = "output-one-name"   // Count things cannot all be called Path
	ReasonOutputFolder    Reason = "output-folder"     // Path cannot be used as a folder: Detail
	ReasonOutputOneFile   Reason = "output-one-file"   // a Writer takes one file
	ReasonRelayName       Reason = "relay-name"        // Relay, Detail
	ReasonNoRelay         Reason = "no-relay"          // none is named, and there is no network to look on
	ReasonLaneName        Reason = "lane-name"         // Detail
	ReasonNegativeLimit   Reason = "negative-limit"    //
	ReasonWordCount       Reason = "word-count"        // Count
	ReasonCodeNamesRelay  Reason = "code-names-relay"  // a code of one's own has no relay
	ReasonConflictName    Reason = "conflict-name"     // Detail
	ReasonConflictAnswer  Reason = "conflict-answer"   // the answer to a question was to ask
	ReasonManagerClosed   Reason = "manager-closed"    //
	ReasonNoSuchTransfer  Reason = "no-such-transfer"  // Count is its ID
	ReasonNoDisk          Reason = "no-disk"           // this platform has none: give a Source and a Destination
)

// What is wrong with a code (KindCode).
const (
	ReasonCodeEmpty         Reason = "code-empty"
	ReasonCodeTooLong       Reason = "code-too-long"
	ReasonCodeCharacter     Reason = "code-character" // it has invisible characters
	ReasonCodeNumber        Reason = "code-number"    // it does not begin with a number
	ReasonCodeFewWords      Reason = "code-few-words"
	ReasonCodeManyWords     Reason = "code-many-words"
	ReasonCodeRelay         Reason = "code-relay"
	ReasonCodeWord          Reason = "code-word"           // Detail is no word; Words may be meant
	ReasonCodeWordAmbiguous Reason = "code-word-ambiguous" // Detail is the beginning of Words
	ReasonCodeWrong         Reason = "code-wrong"          // not the same on both sides; it is used up
	ReasonCodeUsed          Reason = "code-used"
	ReasonCodeTried         Reason = "code-tried"   // it failed here before
	ReasonCodeUnknown       Reason = "code-unknown" // nobody waits with it
	ReasonCodeBusy          Reason = "code-busy"    // somebody else is in its room
	ReasonCodeTaken         Reason = "code-taken"   // its number
	ReasonCodeLost          Reason = "code-lost"    // Relay does not know it any more
	ReasonCodeExpired       Reason = "code-expired" // KindNetwork: nobody used it in time
	ReasonTwoSenders        Reason = "two-senders"  // Nameplate, on this network

	ReasonHandshakePeerLeft   Reason = "handshake-peer-left"
	ReasonHandshakeRelayLost  Reason = "handshake-relay-lost"
	ReasonHandshakeTimeout    Reason = "handshake-timeout"
	ReasonHandshakeMalformed  Reason = "handshake-malformed"
	ReasonHandshakeTampered   Reason = "handshake-tampered"
	ReasonHandshakeAborted    Reason = "handshake-aborted" // by the peer
	ReasonVerifyDiffers       Reason = "verify-differs"
	ReasonVerifyDiffersAtPeer Reason = "verify-differs-at-peer" // Detail
)

// What went wrong between the two machines (KindNetwork).
const (
	ReasonPeerNeverCame    Reason = "peer-never-came"
	ReasonPeerSilent       Reason = "peer-silent"
	ReasonPeerNotBack      Reason = "peer-not-back"    // Detail: why it left
	ReasonSenderNotFound   Reason = "sender-not-found" // Nameplate, on this network
	ReasonListen           Reason = "listen"           // Detail
	ReasonConnectionLost   Reason = "connection-lost"
	ReasonNoPath           Reason = "no-path" // no lane that both sides allow
	ReasonVersions         Reason = "versions"
	ReasonRelayUnknownHost Reason = "relay-unknown-host" // Relay, Detail
	ReasonRelayUnreachable Reason = "relay-unreachable"  // Relay, Detail
	ReasonRelayTLS         Reason = "relay-tls"          // Relay, Detail
	ReasonRelayNoTLS       Reason = "relay-no-tls"       // Relay, Detail: it does not speak TLS
	ReasonRelayProtocol    Reason = "relay-protocol"     // Relay, Detail
	ReasonRelayLost        Reason = "relay-lost"         // Relay, Detail
	ReasonRelayFull        Reason = "relay-full"         // Relay
	ReasonRelayRate        Reason = "relay-rate"         // Relay, RetryAfter
	ReasonRelayClosing     Reason = "relay-closing"      // Relay
	ReasonRelayIdle        Reason = "relay-idle"         // Relay
	ReasonRelayReplaced    Reason = "relay-replaced"
	ReasonRelayRefused     Reason = "relay-refused" // Relay, Detail
)

// What a person decided (KindDeclined), and what a peer told.
const (
	ReasonDeclined      Reason = "declined"       // here
	ReasonPeerDeclined  Reason = "peer-declined"  // Detail
	ReasonPeerCancelled Reason = "peer-cancelled" // Detail
	ReasonPeerDisk      Reason = "peer-disk"      // Detail: its disk cannot go on
	ReasonPeerIntegrity Reason = "peer-integrity" // KindIntegrity: Detail
	ReasonPeerProtocol  Reason = "peer-protocol"  // KindInternal: Detail
	ReasonInterrupted   Reason = "interrupted"    // KindInterrupted: the context was cancelled
)

// What is wrong with the files (KindIO, KindPartial, KindIntegrity).
const (
	ReasonUnreadable  Reason = "unreadable"    // Path, Detail
	ReasonExists      Reason = "exists"        // Path is there already
	ReasonNoSpace     Reason = "no-space"      // Path, Bytes that are missing or 0, Detail
	ReasonQuota       Reason = "quota"         // Path, Bytes
	ReasonReadOnly    Reason = "read-only"     // Path, Detail
	ReasonPermission  Reason = "permission"    // Path, Detail
	ReasonWrite       Reason = "write"         // Path, Detail
	ReasonWriter      Reason = "writer"        // Detail: a Writer takes nothing more
	ReasonTextTooLong Reason = "text-too-long" // Bytes
	ReasonDisk        Reason = "disk"          // Detail: anything else
	ReasonSkipped     Reason = "skipped"       // Count entries
	ReasonCorrupt     Reason = "corrupt"       // Count files failed verification
	ReasonIntegrity   Reason = "integrity"     // Detail
)

// Faults of tallow, here or at the peer (KindInternal).
const (
	ReasonProtocol Reason = "protocol" // Detail: the peer sent what makes no sense
	ReasonInternal Reason = "internal" // Detail
)
