package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

// ending is the message for a reason: what happened, and what to do next.
// Placeholders in braces are replaced by the fields of the error (fillers, in
// failure.go):
//
//	{peer}, {self}    the sender or the receiver
//	{again}           how to continue: what is kept, and which code to use
//	{sentence}        {again} as a sentence
//	{relay}, {path}, {detail}, {bytes} and so on are fields of tallow.Error
type ending struct {
	text, hint string
	variants   map[variant]wording // used instead, where the variant applies
}

// wording is the text and hint of a variant of an ending.
type wording struct{ text, hint string }

// variant is a circumstance that calls for another wording.
type variant uint8

const (
	receiving      variant = iota + 1 // this side receives
	sending                           // this side sends
	sizeUnknown                       // it is unknown how many bytes are missing
	nothingInPlace                    // no file is in place
	nothingKept                       // nothing has arrived that could be resumed
	noDetail                          // the peer gave no reason
	noContent                         // it is of a kind that has no content
	single                            // it is about one thing, and not several
	noWords                           // no word of the list is similar to the one typed
	alone                             // there is no peer: files are encrypted or decrypted here
	fromStore                         // there is no peer: a relay has it
)

const (
	newCode    = "A code works once: send again and use the new code."
	sameSides  = "Check that both sides run the same version: tallow version."
	allowAll   = "Allow the relayed lane on both sides: leave out --lanes, or add relay to it."
	looksLike  = "It looks like 7-apple-walrus-kayak."
	report     = "This should not happen. Please report it."
	unsafeHint = "No receiver takes such a name. Rename it, or send it under another name with --rename-unsafe."
	filterHint = "To see what is left out and why, add --dry-run."
	// skippedHint is for entries that did not arrive. Each has a line or an event.
	skippedHint = "The lines above, or the skip events of --json, say which and why. Mend that and send again: what is in place is not sent again."
)

// endings returns the ending for every reason.
func endings() map[tallow.Reason]ending {
	all := make(map[tallow.Reason]ending)
	for _, part := range []map[tallow.Reason]ending{usageEndings(), codeEndings(), networkEndings(), peerEndings(), diskEndings(), containerEndings(), storedEndings(), deviceEndings()} {
		for reason, end := range part {
			all[reason] = end
		}
	}
	return all
}

// usageEndings are for invalid options.
func usageEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonNothingToSend:  {text: "there is nothing to send", hint: "Name files or folders, - for stdin, or give --text."},
		tallow.ReasonSeveralSources: {text: "a text, stdin and paths cannot be sent together", hint: "Send them one after the other."},
		tallow.ReasonSeveralOutputs: {text: "there is more than one place to receive to", hint: "Give one --output."},
		tallow.ReasonPathEmpty:      {text: "one of the paths to send is empty", hint: "Check the command."},
		tallow.ReasonPathMissing:    {text: "there is no {path}", hint: "Check the path."},
		tallow.ReasonPathSpecial: {
			text: "{path} is a {detail}, not a file or a folder", hint: "To send what it gives, use it as standard input of tallow send -",
			variants: map[variant]wording{noContent: {"{path} is a {detail}, not a file or a folder", "It has no content of its own. Name the files that are meant."}},
		},
		tallow.ReasonPathBrokenLink: {text: "{path} is a symlink to {other}, which is not there", hint: "Mend the link, or name what is meant."},
		tallow.ReasonPathLinkLoop:   {text: "{path} is a symlink that leads in a circle", hint: "Mend the link, or name what is meant."},
		tallow.ReasonPathNotUTF8:    {text: "the name of {path} is not UTF-8", hint: "Rename it first."},
		tallow.ReasonPathUnsafe: {
			text: "the names of {count} files or folders have control characters in them; the first is {visible}", hint: unsafeHint,
			variants: map[variant]wording{single: {"the name of {visible} has control characters in it", unsafeHint}},
		},
		tallow.ReasonPathWholeDisk: {text: "{path} is a whole file system and has no name", hint: "Send the folders in it."},
		tallow.ReasonPattern:       {text: `the pattern "{detail}" can match nothing`, hint: "A [ needs a ] behind it, a backslash a character, and . and .. are no names in a pattern."},
		tallow.ReasonNothingLeft: {
			text: "nothing is left to send: {count} files or folders are left out; the first is {visible}, {detail}", hint: filterHint,
			variants: map[variant]wording{single: {"nothing is left to send: {visible} is left out, {detail}", filterHint}},
		},
		tallow.ReasonNoCurrentFolder: {text: "the current folder cannot be found: {detail}", hint: "Give the whole path of {path}."},
		tallow.ReasonOutputName:      {text: "{path} is not a name that a file can have here", hint: "Choose another with --output.{good}"},
		tallow.ReasonOutputOneName:   {text: "{count} files and folders are sent, so they cannot all be called {path}", hint: "Give --output a folder that is there.{good}"},
		tallow.ReasonOutputFolder:    {text: "{path} cannot be used as a folder: {detail}", hint: "Choose another with --output.{good}"},
		tallow.ReasonOutputOneFile:   {text: "only a single file can go to standard output", hint: "Give --output a folder for this.{good}"},
		tallow.ReasonRelayName:       {text: "{detail}", hint: "A relay is HOST, HOST:PORT, or a URL such as wss://relay.example. In a code it is what follows the @."},
		tallow.ReasonRelayPassword: {
			text: "the relay {relay} asks for a password, and this one is missing or wrong",
			hint: "Ask who runs the relay. Put the password in TALLOW_RELAY_PASSWORD, and name the relay in TALLOW_RELAY or --relay, because no other relay gets it.",
		},
		tallow.ReasonRelayPasswordForm: {text: "the password of the relay cannot be longer than {count} bytes, nor have bytes that are not text", hint: "Ask who runs the relay."},
		tallow.ReasonRelayPinName:      {text: "--relay-pin cannot be used: {detail}", hint: "The page on running a relay says how to compute it: docs/operating.md."},
		tallow.ReasonNoRelay:           {text: "there is no relay to meet at", hint: "Name one with --relay HOST."},
		tallow.ReasonPrivateLanes:      {text: "--private leaves none of these lanes", hint: "Add relay or webrtc to --lanes."},
		tallow.ReasonLaneName:          {text: `there is no lane "{detail}"`, hint: "Lanes are tcp, webrtc and relay, separated by commas."},
		tallow.ReasonNameForm:          {text: `--as cannot be "{detail}"`, hint: "A name has at most {count} bytes, no control characters, and no space at its ends or after another one."},
		tallow.ReasonLinksName:         {text: `--links cannot be "{detail}"`, hint: "It is one of keep, skip, follow."},
		tallow.ReasonCompressName:      {text: `--compress cannot be "{detail}"`, hint: "It is one of auto, on, off."},
		tallow.ReasonNegativeLimit:     {text: "a limit cannot be negative", hint: "Give bytes, or 0 for no limit."},
		tallow.ReasonInvitationSize:    {text: "an invitation to be kept has at most {count} bytes"},
		tallow.ReasonWordCount:         {text: "a code has 2 to 8 words, not {count}"},
		tallow.ReasonCodeNamesRelay:    {text: "a code of one's own is a number and words, without a relay", hint: "Name the relay with --relay."},
		tallow.ReasonConflictName:      {text: `--on-conflict cannot be "{detail}"`, hint: "It is one of ask, rename, overwrite, skip, fail."},
		tallow.ReasonConflictAnswer:    {text: "the answer to a question cannot be to ask", hint: report},
		tallow.ReasonManagerClosed:     {text: "no more transfers can begin", hint: report},
		tallow.ReasonNoSuchTransfer:    {text: "there is no transfer {count}", hint: report},
		tallow.ReasonCodeSecret:        {text: "the secret in TALLOW_CODE_SECRET is too short: it needs {count} bytes", hint: "Make one that nobody can guess, as openssl rand -hex 32 does."},
		tallow.ReasonNoDisk:            {text: "there is no disk here", hint: report},
		tallow.ReasonPasswordEmpty:     {text: "the password is empty", hint: "Choose one that nobody can guess."},
		tallow.ReasonNothingToDecrypt:  {text: "there is nothing to decrypt", hint: "Name a file, or - for stdin."},
	}
}

// codeEndings are for codes that are invalid, wrong or burnt.
func codeEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonCodeEmpty:         {text: "there is no code", hint: looksLike},
		tallow.ReasonCodeTooLong:       {text: "this is too long for a code", hint: looksLike},
		tallow.ReasonCodeCharacter:     {text: "the code has invisible characters in it", hint: "Type it instead of pasting it."},
		tallow.ReasonCodeNumber:        {text: "a code begins with a number of at most 9 digits", hint: looksLike},
		tallow.ReasonCodeFewWords:      {text: "the code needs at least two words behind its number", hint: looksLike},
		tallow.ReasonCodeManyWords:     {text: "the code has more than 16 words", hint: looksLike},
		tallow.ReasonCodeWeak:          {text: "this code is too easy to guess: a sender's own needs three words or more, all different", hint: "Let tallow code draw one, or leave it out to get a new one."},
		tallow.ReasonCodeRelay:         {text: "the code's relay is not HOST, HOST:PORT or a ws, wss, http or https URL", hint: "It is what follows the @."},
		tallow.ReasonCodeWordAmbiguous: {text: `"{detail}" is the beginning of more than one word`, hint: "Type more of it, as in {words}."},
		tallow.ReasonCodeWord: {
			text: `"{detail}" is not a word of a code`, hint: "Did you mean {words}?",
			variants: map[variant]wording{noWords: {`"{detail}" is not a word of a code`, "Ask the sender to spell it."}},
		},

		tallow.ReasonCodeWrong:   {text: "the code was not the same on both sides; it is used up", hint: newCode},
		tallow.ReasonCodeUsed:    {text: "this code has been used", hint: "A code works once. Ask the sender for a new one."},
		tallow.ReasonCodeTried:   {text: "this code was tried here before and did not work, so it is not tried again", hint: newCode},
		tallow.ReasonCodeUnknown: {text: "nobody is waiting with this code", hint: "Check the number at the start of the code, and that the sender is still waiting."},
		tallow.ReasonCodeWordCount: {
			text: "the sender's code has {count} words, and this one has not",
			hint: "Nothing is used up: run tallow again with the whole code.",
		},
		tallow.ReasonCodeBusy:    {text: "someone else is connected with this code already", hint: "If that is not you, ask the sender for a new code."},
		tallow.ReasonCodeTaken:   {text: "the number of this code is taken", hint: "Choose another number, or let the relay choose one."},
		tallow.ReasonCodeLost:    {text: "the relay {relay} has lost this code, it may have been restarted", hint: "Send again to get a new code."},
		tallow.ReasonCodeExpired: {text: "this code has expired, nobody used it in time", hint: "Send again to get a new code."},
		tallow.ReasonTwoSenders:  {text: "two senders on this network use the number {nameplate}", hint: "Ask the sender to send again."},

		tallow.ReasonHandshakePeerLeft: {
			text: "the sender left in the middle of the handshake; the code is used up", hint: newCode,
			variants: map[variant]wording{sending: {
				"somebody tried the code and left before proving that they know it; the code is used up",
				"Send again and give the new code to the receiver.",
			}},
		},
		tallow.ReasonHandshakeRelayLost: {text: "the connection to the relay broke in the middle of the handshake; the code is used up", hint: newCode},
		tallow.ReasonHandshakeTimeout:   {text: "{peer} did not finish the handshake in time; the code is used up", hint: newCode},
		tallow.ReasonHandshakeMalformed: {text: "the handshake was disturbed; the code is used up", hint: newCode + " If it happens again, use another relay."},
		tallow.ReasonHandshakeTampered:  {text: "somebody interfered with the handshake; the code is used up", hint: newCode},
		tallow.ReasonHandshakeAborted:   {text: "{peer} ended the handshake; the code is used up", hint: newCode},
		tallow.ReasonVerifyDiffers:      {text: "the verification words do not match", hint: "Somebody may be between you: send again, by another relay."},
		tallow.ReasonVerifyDiffersAtPeer: {
			text: "{peer} ended the transfer: the verification words do not match there",
			hint: "If the words really differed, somebody may be between you: use another relay.",
		},
	}
}

// networkEndings are for the relay and the connection to the peer.
func networkEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonPeerNeverCame: {text: "nobody came for it in time", hint: "Send again, or wait longer with --timeout."},
		tallow.ReasonPeerSilent:    {text: "{peer} did not answer in time", hint: "Check that it is still waiting, or wait longer with --timeout."},
		tallow.ReasonPeerStored: {
			text: "the sender did not wait any longer: it is being stored at a relay instead",
			hint: "Ask the sender for the link. It works until it expires, whether they are there or not.",
		},
		tallow.ReasonPeerNotBack: {
			text: "{peer} cannot go on ({detail}), and did not come back in time", hint: "{sentence}",
			variants: map[variant]wording{noDetail: {"{peer} did not come back in time", "{sentence}"}},
		},
		tallow.ReasonSenderNotFound: {
			text: "no sender with the number {nameplate} was found on this network",
			hint: "Check the code and that the sender is waiting. If it is on another network, both sides need a relay: --relay HOST.",
		},
		tallow.ReasonSenderSilent: {
			text: "a sender with the number {nameplate} is on this network, but cannot be reached: {detail}",
			hint: "Check that the firewall of its machine lets tallow in. Or use a relay on both sides: --relay HOST.",
		},
		tallow.ReasonListen:           {text: "cannot listen on this network: {detail}", hint: "Use a relay: --relay HOST."},
		tallow.ReasonConnectionLost:   {text: "the connection to {peer} is lost", hint: "{sentence}"},
		tallow.ReasonNoPath:           {text: "no lane that both sides allow connects them", hint: allowAll},
		tallow.ReasonVersions:         {text: "the two sides run versions of tallow that do not understand each other", hint: "Update the older one: tallow version shows which."},
		tallow.ReasonRelayUnknownHost: {text: "cannot reach the relay {relay}: {detail}", hint: "Check the spelling of the relay's name and your network connection."},
		tallow.ReasonRelayUnreachable: {
			text: "cannot reach the relay {relay}: {detail}", hint: "Check the relay's address and port, your network connection, and that the relay is running.",
			variants: map[variant]wording{fromStore: {
				"cannot reach the relay {relay}: {detail}", "Check your network connection, and that the relay is running. {sentence}",
			}},
		},
		tallow.ReasonNoNetwork: {
			text: "this machine has no network, and so cannot reach the relay {relay}",
			hint: "Connect it to a network and try again.",
		},
		tallow.ReasonProxy: {
			text: "cannot reach the relay {relay} through the proxy {proxy}: {detail}",
			hint: "The proxy is named in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY. Check it, or name the relay in NO_PROXY to go without it.",
		},
		tallow.ReasonRelayTLS: {text: "no secure connection to the relay {relay}: {detail}", hint: "Check the relay's name, its certificate, and this machine's clock."},
		tallow.ReasonRelayUpgrade: {
			text: "a server in front of the relay {relay} does not pass WebSockets on: {detail}",
			hint: "It is a proxy, such as nginx, that leaves out the Upgrade header. Tell who runs the relay; docs/operating.md has the lines that it needs.",
		},
		tallow.ReasonRelayGateway: {
			text: "a server in front of the relay {relay} does not reach it: {detail}",
			hint: "The relay is not running, or is being started. Try again in a minute, then tell who runs it.",
		},
		tallow.ReasonRelayPin: {
			text: "the relay {relay} does not have the pinned key; its key is {detail}",
			hint: "If its operator has changed the key, ask for the new pin. If not, somebody may be between you and the relay.",
		},
		tallow.ReasonRelayPinNoTLS: {
			text: "the relay {relay} is reached without TLS, so it has no key to compare with the pin",
			hint: "Name it by HOST or as wss://HOST, or leave out --relay-pin.",
		},
		tallow.ReasonRelayNoTLS: {
			text: "no secure connection to the relay {relay}: {detail}",
			hint: "That port does not speak TLS. If you trust the network up to the relay, write its address as ws://HOST:PORT.",
		},
		tallow.ReasonRelayProtocol:    {text: "{relay} does not answer as a relay of this version does: {detail}", hint: "Check the relay's address, and that this program and the relay are of matching versions."},
		tallow.ReasonRelayLost:        {text: "lost the connection to the relay {relay}: {detail}", hint: "Check your network connection and try again."},
		tallow.ReasonRelayUnavailable: {text: "the relay {relay} has a fault, and cannot make or find codes now", hint: "{wait} What is under way goes on."},
		tallow.ReasonRelayFull:        {text: "the relay {relay} has no room left", hint: "{wait} Or use another relay."},
		tallow.ReasonRelayQuota:       {text: "your address or password has as much of the relay {relay} as it may have at a time", hint: "End transfers that wait. {wait}"},
		tallow.ReasonRelayExhausted:   {text: "the relay {relay} passes on no more for this transfer", hint: "{sentence} Where a direct connection can be made, nothing goes through the relay; or use another relay."},
		tallow.ReasonRelayDenied:      {text: "the relay {relay} does not serve your address", hint: "Ask who runs the relay, or use another one."},
		tallow.ReasonRelayRate:        {text: "too many attempts at the relay {relay}", hint: "{wait}"},
		tallow.ReasonRelayClosing:     {text: "the relay {relay} is shutting down", hint: "Try again in a minute, or use another relay."},
		tallow.ReasonRelayIdle:        {text: "the relay {relay} ended the connection, because nothing came through it in time", hint: "Check your network connection and try again."},
		tallow.ReasonRelayReplaced:    {text: "a newer connection of the same side has taken this one's place", hint: "Nothing is lost: the newer connection goes on."},
		tallow.ReasonRelayRefused:     {text: "the relay {relay} refused: {detail}", hint: "Check that this program and the relay are of matching versions."},
	}
}

// peerEndings are for what a person decided, or the peer decided or did wrong.
func peerEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonDeclined: {text: "declined; nothing was written"},
		tallow.ReasonTooLarge: {
			text: "more is offered than --accept-max allows, {bytes}; nothing was written",
			hint: "To receive it, allow more with --accept-max, and send again.",
			variants: map[variant]wording{fromStore: {
				"more is offered than --accept-max allows, {bytes}; nothing was written", "To receive it, allow more with --accept-max.",
			}},
		},
		tallow.ReasonTooLargeUnderway: {
			text: "more is sent than --accept-max allows, {bytes}; what was not complete did not get a name",
			hint: "To receive it, allow more with --accept-max, and send again.",
			variants: map[variant]wording{fromStore: {
				"more came than --accept-max allows, {bytes}; what was not complete did not get a name", "To receive it, allow more with --accept-max.",
			}},
		},
		tallow.ReasonPeerDeclined: {
			text:     "{peer} declined: {detail}",
			variants: map[variant]wording{noDetail: {"{peer} declined", ""}},
		},
		tallow.ReasonPeerCancelled: {text: "{peer} ended the transfer: {detail}", hint: "{sentence}"},
		tallow.ReasonPeerDisk:      {text: "{peer} ended the transfer: {detail}", hint: "{sentence}"},
		tallow.ReasonPeerIntegrity: {text: "{peer} ended the transfer: {detail}", hint: "Send again."},
		tallow.ReasonPeerProtocol:  {text: "{peer} ended the transfer: {detail}", hint: sameSides},
		tallow.ReasonProtocol:      {text: "{peer} sent what makes no sense ({detail})", hint: sameSides},
		tallow.ReasonInternal:      {text: "{detail}", hint: report},
		tallow.ReasonInterrupted: {
			text: "interrupted", hint: "{sentence}",
			variants: map[variant]wording{nothingKept: {"interrupted", ""}},
		},
	}
}

// diskEndings are for the files on this machine.
func diskEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonUnreadable: {text: "{path}: {detail}", hint: "Check the permissions of the path."},
		tallow.ReasonExists: {
			text: "{path} is there already and was not touched",
			hint: "Choose with --on-conflict rename, overwrite or skip, or receive into another folder with --output.",
			variants: map[variant]wording{alone: {
				"{path} is there already and was not touched",
				"Choose with --on-conflict rename or overwrite, or name another place with --output.",
			}},
		},
		tallow.ReasonNoSpace: {
			text: "the disk of {path} is full: {bytes} more are needed", hint: "Make room, and {again}.{elsewhere}",
			variants: map[variant]wording{sizeUnknown: {"the disk of {path} takes no more files or bytes: {detail}", "Make room, and {again}.{elsewhere}"}},
		},
		tallow.ReasonQuota: {
			text: "this user's quota on the disk of {path} is used up, and {bytes} are still to come",
			hint: "Remove files of your own there, or have the quota raised, and {again}.{elsewhere}",
			variants: map[variant]wording{sizeUnknown: {
				"this user's quota on the disk of {path} is used up",
				"Remove files of your own there, or have the quota raised, and {again}.{elsewhere}",
			}},
		},
		tallow.ReasonReadOnly:    {text: "{path} cannot be written: {detail}", hint: "The disk is read-only. Mount it for writing, and {again}.{elsewhere}"},
		tallow.ReasonPermission:  {text: "{path} cannot be written: {detail}", hint: "Change the permissions of the folder, and {again}.{elsewhere}"},
		tallow.ReasonWrite:       {text: "{path} cannot be written: {detail}", hint: "See that the disk is there and sound, and {again}.{elsewhere}"},
		tallow.ReasonWriter:      {text: "standard output cannot be written: {detail}", hint: "{sentence}"},
		tallow.ReasonTextTooLong: {text: "the text is longer than {bytes}", hint: "Receive it into a file with --output."},
		tallow.ReasonDisk:        {text: "{detail}", hint: "{sentence}"},
		tallow.ReasonSkipped: {
			text: "{entries} skipped; the rest is in place", hint: skippedHint,
			variants: map[variant]wording{
				nothingInPlace: {"{entries} skipped; nothing else was sent", skippedHint},
				alone:          {"{entries} skipped; {files} came through", "The lines above, or the skip events of --json, say which and why."},
				fromStore: {
					"{entries} skipped; the rest is in place",
					"The lines above, or the skip events of --json, say which and why. Mend that and run the same command again: the link still works for you.",
				},
			},
		},
		tallow.ReasonCorrupt:   {text: "{files} failed verification and did not get a name", hint: "{sentence}"},
		tallow.ReasonIntegrity: {text: "verification failed: {detail}", hint: "Send again."},
	}
}

// containerEndings are for encrypted files.
func containerEndings() map[tallow.Reason]ending {
	const copyAgain = "What came before the fault is in place, if it is said to be. Get the file again from where it came from."
	fault := func(text string) ending {
		return ending{text: text, hint: copyAgain, variants: map[variant]wording{fromStore: {text, storeAgain}}}
	}
	untrusted := func(text string) ending {
		return ending{
			text: text, hint: "tallow encrypt makes no such file. Do not trust where it came from.",
			variants: map[variant]wording{fromStore: {text, "tallow stores nothing like that. Do not trust where the link came from."}},
		}
	}
	return map[tallow.Reason]ending{
		tallow.ReasonContainerForm: {
			text: "{container} was not made by tallow encrypt", hint: "Check which file is meant.",
			variants: map[variant]wording{fromStore: {"{container} is not what tallow stores", storeAgain}},
		},
		tallow.ReasonContainerVersion:   {text: "a newer tallow has made {container}", hint: "Update tallow: tallow version."},
		tallow.ReasonContainerKey:       {text: "{container} cannot be opened with a password alone", hint: "It is what a relay stored. Its key is in the link that belongs to it."},
		tallow.ReasonPasswordWrong:      {text: "the password is wrong, or the first bytes of {container} were changed", hint: "Type the password again. Capital letters and spaces count."},
		tallow.ReasonContainerCost:      untrusted("{container} asks for {bytes} of memory, or for too much work, to check a password"),
		tallow.ReasonContainerHeader:    fault("the password is right, but the first bytes of {container} were changed"),
		tallow.ReasonContainerTruncated: fault("the end of {container} is missing"),
		tallow.ReasonContainerTrailing:  fault("something was added to the end of {container}"),
		tallow.ReasonContainerCorrupt:   fault("{container} is damaged, or was changed"),
		tallow.ReasonContainerContent:   untrusted("what is in {container} follows no rule: {detail}"),
		tallow.ReasonContainerRead:      {text: "{container} cannot be read: {detail}", hint: "See that the disk is there and sound."},
	}
}
