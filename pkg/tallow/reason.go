package tallow

// Reason says what happened, as a fixed string for programs, which put it into
// words for people. Reasons are only ever added. The comment of each reason lists
// the fields of the Error that it sets, besides Sending, Kept, Waiting and Err.
type Reason string

// Invalid options of a Send or a Receive (KindUsage).
const (
	ReasonNothingToSend     Reason = "nothing-to-send"
	ReasonSeveralSources    Reason = "several-sources"
	ReasonSeveralOutputs    Reason = "several-outputs"
	ReasonPathEmpty         Reason = "path-empty"
	ReasonPathMissing       Reason = "path-missing"        // Path
	ReasonPathSpecial       Reason = "path-special"        // Path is no file but a Detail: a named pipe, a socket, a device
	ReasonPathBrokenLink    Reason = "path-broken-link"    // Path is a symlink to Other, which is not there
	ReasonPathLinkLoop      Reason = "path-link-loop"      // Path is a symlink that leads in a circle
	ReasonPathNotUTF8       Reason = "path-not-utf8"       // Path
	ReasonPathUnsafe        Reason = "path-unsafe"         // Path, the first of Count, has a control character in its name
	ReasonPathWholeDisk     Reason = "path-whole-disk"     // Path has no name of its own
	ReasonPattern           Reason = "pattern"             // Detail, one of SendOptions.Rules, can match nothing
	ReasonNothingLeft       Reason = "nothing-left"        // Path, the first of Count, is left out: Detail says by what
	ReasonNoCurrentFolder   Reason = "no-current-folder"   // Path, Detail
	ReasonOutputName        Reason = "output-name"         // Path is not a valid file name here
	ReasonOutputOneName     Reason = "output-one-name"     // Count things cannot all be called Path
	ReasonOutputFolder      Reason = "output-folder"       // Path cannot be used as a folder: Detail
	ReasonOutputOneFile     Reason = "output-one-file"     // a Writer takes one file
	ReasonRelayName         Reason = "relay-name"          // Relay, Detail
	ReasonRelayPassword     Reason = "relay-password"      // Relay, RetryAfter: it asks for a password, and this one is missing or wrong
	ReasonRelayPasswordForm Reason = "relay-password-form" // Count: the bytes that one may have
	ReasonRelayPinName      Reason = "relay-pin-name"      // Detail says what is wrong with a pin
	ReasonPrivateLanes      Reason = "private-lanes"       // Config.Private leaves none of the lanes
	ReasonNoRelay           Reason = "no-relay"            // no relay is named, and there is no local network
	ReasonLaneName          Reason = "lane-name"           // Detail
	ReasonNameForm          Reason = "name-form"           // Detail cannot be Config.Name; Count: the bytes that it may have
	ReasonLinksName         Reason = "links-name"          // Detail
	ReasonCompressName      Reason = "compress-name"       // Detail
	ReasonNegativeLimit     Reason = "negative-limit"      //
	ReasonInvitationSize    Reason = "invitation-size"     // Count: the bytes that SendOptions.Invitation may have
	ReasonWordCount         Reason = "word-count"          // Count
	ReasonCodeNamesRelay    Reason = "code-names-relay"    // a code of one's own has no relay
	ReasonConflictName      Reason = "conflict-name"       // Detail
	ReasonConflictAnswer    Reason = "conflict-answer"     // Ask answered ConflictAsk
	ReasonManagerClosed     Reason = "manager-closed"      //
	ReasonNoSuchTransfer    Reason = "no-such-transfer"    // Count is its ID
	ReasonCodeSecret        Reason = "code-secret"         // Count: the bytes that a secret of DerivedCode needs at least
	ReasonNoDisk            Reason = "no-disk"             // this platform has none: give a Source and a Destination
	ReasonPasswordEmpty     Reason = "password-empty"      //
	ReasonNothingToDecrypt  Reason = "nothing-to-decrypt"  // neither Path nor Stream is given, or both are
	ReasonStoreNoRelay      Reason = "store-no-relay"      // no relay is named that could store something
	ReasonBoxNoRelay        Reason = "box-no-relay"        // no relay is named that could have a mailbox
	ReasonStoreDownloads    Reason = "store-downloads"     // there may be 1 to Count downloads, or any number
	ReasonStoreExpires      Reason = "store-expires"       // a stored transfer lives for a second at least
)

// What is wrong with an encrypted file. Path is the file, empty for a Stream and for a
// stored transfer.
const (
	ReasonContainerForm      Reason = "container-form"      // KindUsage: it is none
	ReasonContainerVersion   Reason = "container-version"   // KindUsage: a newer program made it
	ReasonContainerKey       Reason = "container-key"       // KindCode: it has no password, or one and a key
	ReasonPasswordWrong      Reason = "password-wrong"      // KindCode: or its header was changed
	ReasonContainerCost      Reason = "container-cost"      // KindIntegrity: its password asks for too much work; Bytes of memory
	ReasonContainerHeader    Reason = "container-header"    // KindIntegrity: its header was changed
	ReasonContainerTruncated Reason = "container-truncated" // KindIntegrity: its end is missing
	ReasonContainerTrailing  Reason = "container-trailing"  // KindIntegrity: something follows its end
	ReasonContainerCorrupt   Reason = "container-corrupt"   // KindIntegrity: it is damaged or was changed
	ReasonContainerContent   Reason = "container-content"   // KindIntegrity: what is in it follows no rule: Detail
	ReasonContainerRead      Reason = "container-read"      // KindIO: it cannot be read: Detail
)

// What is wrong with the link of a stored transfer, or with what it names (KindCode).
const (
	ReasonLinkForm         Reason = "link-form"         // it is none: Detail
	ReasonLinkNoKey        Reason = "link-no-key"       // what is behind its # is missing, and the relay does not have it under words
	ReasonLinkWords        Reason = "link-words"        // it takes words, and there is no ReceiveOptions.Words
	ReasonWordsForm        Reason = "words-form"        // they are not Count words of the list: Detail
	ReasonWordsWrong       Reason = "words-wrong"       // they are others, or the relay has changed the wrapped key
	ReasonWordKey          Reason = "word-key"          // KindIntegrity: what Relay has is no wrapped key: Detail
	ReasonLinkKey          Reason = "link-key"          // what is behind its # is no key
	ReasonLinkWrongKey     Reason = "link-wrong-key"    // its key is another one, or the header was changed
	ReasonStoredPassword   Reason = "stored-password"   // it has a password, and there is no ReceiveOptions.Password
	ReasonStoredUnknown    Reason = "stored-unknown"    // Relay has none of that id, or it has expired
	ReasonStoredSpent      Reason = "stored-spent"      // Relay: it was fetched as often as it may be
	ReasonStoredBusy       Reason = "stored-busy"       // Relay: as many receivers as may are fetching it
	ReasonStoredIncomplete Reason = "stored-incomplete" // Relay has not all of it yet
	ReasonStoreNone        Reason = "store-none"        // KindNetwork: Relay stores nothing
	ReasonStoreBroken      Reason = "store-broken"      // KindNetwork: the store of Relay does not work at present
	ReasonStoreFull        Reason = "store-full"        // KindNetwork: the store of Relay has no room
	ReasonStoreQuota       Reason = "store-quota"       // KindNetwork: this address has stored as much at Relay as it may
	ReasonStoreTooLarge    Reason = "store-too-large"   // KindNetwork: Relay does not store that much
	ReasonStoreToken       Reason = "store-token"       // Relay stores for those alone who have its token: StoreOptions.Token
	ReasonMailOff          Reason = "mail-off"          // KindNetwork: Relay sends no mail
	ReasonMailQuota        Reason = "mail-quota"        // KindNetwork: Relay sends no more mails from here, or to that address, for now: RetryAfter
	ReasonMailAddress      Reason = "mail-address"      // KindUsage: Detail is no address of a mailbox
	ReasonMailFailed       Reason = "mail-failed"       // KindNetwork, of the command: mails about what is stored were refused: Detail. Count is its number
	ReasonMailQueued       Reason = "mail-queued"       // KindNetwork, of the command: mails about what is stored are not sent yet: Detail
	ReasonNotifyOff        Reason = "notify-off"        // KindNetwork: Relay tells no URL what becomes of a transfer
	ReasonNotifyURL        Reason = "notify-url"        // KindUsage: what StoreOptions.Notify has is no https URL: Detail
	ReasonBoxNone          Reason = "box-none"          // KindNetwork: Relay has no mailbox
	ReasonBoxFull          Reason = "box-full"          // KindNetwork: the mailbox of Relay has no room
	ReasonBoxTaken         Reason = "box-taken"         // KindNetwork: another note is in the slot at Relay
	ReasonBoxBroken        Reason = "box-broken"        // KindNetwork: the mailbox of Relay does not work at present
	ReasonStoreChanged     Reason = "store-changed"     // KindIO: the files changed while the rest of them was stored
	ReasonSpool            Reason = "spool"             // KindIO: sealed bytes cannot be kept in the folder Path until they are sent: Detail
)

// Invalid, wrong or used codes (KindCode).
const (
	ReasonCodeEmpty         Reason = "code-empty"
	ReasonCodeTooLong       Reason = "code-too-long"
	ReasonCodeCharacter     Reason = "code-character" // it has invisible characters
	ReasonCodeNumber        Reason = "code-number"    // it does not begin with a number
	ReasonCodeFewWords      Reason = "code-few-words"
	ReasonCodeManyWords     Reason = "code-many-words"
	ReasonCodeWeak          Reason = "code-weak" // a sender's own code has fewer than three words, or a word twice
	ReasonCodeRelay         Reason = "code-relay"
	ReasonCodeWord          Reason = "code-word"           // Detail is not a word of the list; Words are similar
	ReasonCodeWordAmbiguous Reason = "code-word-ambiguous" // Detail abbreviates each of Words
	ReasonCodeWrong         Reason = "code-wrong"          // the peers have different words; the code is burnt
	ReasonCodeUsed          Reason = "code-used"
	ReasonCodeTried         Reason = "code-tried"      // it failed here before
	ReasonCodeUnknown       Reason = "code-unknown"    // no sender waits with it
	ReasonCodeWordCount     Reason = "code-word-count" // the sender's has Count words; the code is not burnt
	ReasonCodeBusy          Reason = "code-busy"       // another receiver is in its room
	ReasonCodeTaken         Reason = "code-taken"      // its nameplate is in use
	ReasonCodeLost          Reason = "code-lost"       // Relay no longer has its room
	ReasonCodeExpired       Reason = "code-expired"    // KindNetwork: no receiver came in time
	ReasonTwoSenders        Reason = "two-senders"     // Nameplate is announced twice on this network

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
	ReasonPeerStored       Reason = "peer-stored"      // the sender did not wait any longer, and stores it at a relay: it has a link for it
	ReasonPeerNotBack      Reason = "peer-not-back"    // Detail: why it left
	ReasonSenderNotFound   Reason = "sender-not-found" // Nameplate, on this network
	ReasonSenderSilent     Reason = "sender-silent"    // Nameplate, announced on this network; Detail
	ReasonListen           Reason = "listen"           // Detail
	ReasonConnectionLost   Reason = "connection-lost"
	ReasonNoPath           Reason = "no-path" // no lane that both sides allow
	ReasonVersions         Reason = "versions"
	ReasonRelayUnknownHost Reason = "relay-unknown-host" // Relay, Detail
	ReasonRelayUnreachable Reason = "relay-unreachable"  // Relay, Detail
	ReasonNoNetwork        Reason = "no-network"         // this machine has none, and so Relay cannot be reached
	ReasonProxy            Reason = "proxy"              // Relay cannot be reached by Proxy: Detail
	ReasonRelayTLS         Reason = "relay-tls"          // Relay, Detail
	ReasonRelayUpgrade     Reason = "relay-upgrade"      // a server before Relay takes the WebSocket upgrade off: Detail is its answer
	ReasonRelayGateway     Reason = "relay-gateway"      // a server before Relay does not reach it: Detail is its answer
	ReasonRelayPin         Reason = "relay-pin"          // Relay has none of the pinned keys, but Detail
	ReasonRelayPinNoTLS    Reason = "relay-pin-no-tls"   // Relay has no TLS, and so no key
	ReasonRelayNoTLS       Reason = "relay-no-tls"       // Relay, Detail: it does not speak TLS
	ReasonRelayProtocol    Reason = "relay-protocol"     // Relay, Detail
	ReasonRelayLost        Reason = "relay-lost"         // Relay, Detail
	ReasonRelayFull        Reason = "relay-full"         // Relay, RetryAfter
	ReasonRelayUnavailable Reason = "relay-unavailable"  // Relay, RetryAfter
	ReasonRelayQuota       Reason = "relay-quota"        // Relay, RetryAfter: this address or password has all that it may
	ReasonRelayExhausted   Reason = "relay-exhausted"    // Relay: it does not pass on more for one transfer
	ReasonRelayDenied      Reason = "relay-denied"       // Relay: it does not serve this address
	ReasonRelayRate        Reason = "relay-rate"         // Relay, RetryAfter
	ReasonRelayClosing     Reason = "relay-closing"      // Relay
	ReasonRelayIdle        Reason = "relay-idle"         // Relay
	ReasonRelayReplaced    Reason = "relay-replaced"
	ReasonRelayRefused     Reason = "relay-refused" // Relay, Detail
)

// Decisions of a person (KindDeclined), and errors that the peer reported.
const (
	ReasonDeclined      Reason = "declined"       // here
	ReasonPeerDeclined  Reason = "peer-declined"  // Detail
	ReasonPeerCancelled Reason = "peer-cancelled" // Detail
	ReasonPeerDisk      Reason = "peer-disk"      // Detail: its disk failed or is full
	ReasonPeerIntegrity Reason = "peer-integrity" // KindIntegrity: Detail
	ReasonPeerProtocol  Reason = "peer-protocol"  // KindInternal: Detail
	ReasonInterrupted   Reason = "interrupted"    // KindInterrupted: the context was cancelled
	ReasonTooLarge      Reason = "too-large"      // here: the offer has more than Bytes, of MaxBytes

	// Here, of KindDeclined too: more than Bytes, of MaxBytes, was sent after the start.
	ReasonTooLargeUnderway Reason = "too-large-underway"
)

// Errors of files and disks (KindIO, KindPartial, KindIntegrity).
const (
	ReasonUnreadable  Reason = "unreadable"    // Path, Detail
	ReasonExists      Reason = "exists"        // Path is there already
	ReasonNoSpace     Reason = "no-space"      // Path, Detail, Bytes missing (0 if unknown)
	ReasonQuota       Reason = "quota"         // Path, Bytes
	ReasonReadOnly    Reason = "read-only"     // Path, Detail
	ReasonPermission  Reason = "permission"    // Path, Detail
	ReasonWrite       Reason = "write"         // Path, Detail
	ReasonWriter      Reason = "writer"        // Detail: a Writer takes nothing more
	ReasonTextTooLong Reason = "text-too-long" // Bytes
	ReasonDisk        Reason = "disk"          // Detail: any other error
	ReasonSkipped     Reason = "skipped"       // Count entries, Files
	ReasonCorrupt     Reason = "corrupt"       // Count files failed verification, Files
	ReasonIntegrity   Reason = "integrity"     // Detail
)

// Faults of tallow, here or at the peer (KindInternal).
const (
	ReasonProtocol Reason = "protocol" // Detail: the peer sent an invalid message
	ReasonInternal Reason = "internal" // Detail
)
