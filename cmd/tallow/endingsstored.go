package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

const (
	linkLooksLike = "It looks like https://RELAY/d/ID#KEY. Copy all of it, in one piece."
	storeAgain    = "Ask the sender to store it again, and tell them: nothing was used up."
)

// storedEndings are for the links of stored transfers, and for stores.
func storedEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonLinkForm:  {text: "{detail}", hint: linkLooksLike},
		tallow.ReasonLinkNoKey: {text: "the link has no key: what is behind its # is missing", hint: "Some programs cut it off. Copy the whole link, and put it in quotation marks in a command."},
		tallow.ReasonLinkWords: {
			text: "this link has no key, and takes the words that its sender tells you",
			hint: "Give them in " + wordsVariable + " or a --link-words-file, or run tallow receive in a terminal, which asks for them.",
		},
		tallow.ReasonWordsForm: {text: "these cannot be the words: {detail}", hint: "They are {count} English words, in the order in which the sender has them. Case and dashes do not matter. Nothing is used up."},
		tallow.ReasonWordsWrong: {
			text: "these are not the words for this link", hint: "Ask the sender to tell them once more, or for the whole link. Nothing is used up.",
		},
		tallow.ReasonWordKey: {text: "what the relay {relay} has in place of the key is damaged: {detail}", hint: "Ask the sender for the whole link, and tell who runs the relay."},
		tallow.ReasonLinkKey: {text: "the key of the link, behind its #, is damaged", hint: linkLooksLike},
		tallow.ReasonLinkWrongKey: {
			text: "the key of this link does not open what the relay has stored", hint: "Compare the link with the one that the sender has. Nothing is used up.",
		},
		tallow.ReasonStoredPassword: {text: "what is stored has a password besides its link", hint: "Ask the sender for it, and give it with --password-file or " + passwordVariable + "."},
		tallow.ReasonStoredUnknown: {
			text: "the relay {relay} has nothing stored for this link: it has expired, or was deleted", hint: "Ask the sender to store it again.",
			variants: map[variant]wording{sending: {
				"the relay {relay} does not have it any more: it has expired, or was deleted", "Store it again with tallow send --store.",
			}},
		},
		tallow.ReasonStoredSpent:      {text: "this was fetched as often as it may be, and is gone", hint: "If it was not you, ask the sender what happened; they can store it again."},
		tallow.ReasonStoredBusy:       {text: "others are fetching this now, as many as may", hint: "Try again later. What they give up comes free within an hour."},
		tallow.ReasonStoredIncomplete: {text: "not all of this is stored yet", hint: "The sender is still storing it, or was interrupted. Try again later."},
		tallow.ReasonStoreNone: {
			text: "the relay {relay} stores nothing", hint: "Check the link, or ask who runs the relay.",
			variants: map[variant]wording{sending: {
				"the relay {relay} stores nothing", "Send without --store while the receiver waits, or use a relay with a store.",
			}},
		},
		tallow.ReasonStoreNoRelay:   {text: "to store something takes a relay, and none is named", hint: "Name one that has a store with --relay HOST, or in TALLOW_RELAY."},
		tallow.ReasonStoreDownloads: {text: "a stored transfer can be fetched 1 to {count} times, or as often as anyone likes", hint: "Choose with --downloads."},
		tallow.ReasonStoreExpires:   {text: "a stored transfer lives for a second at least", hint: "Choose with --expires."},
		tallow.ReasonStoreFull:      {text: "the store of the relay {relay} has no room for this", hint: "Try again later, send less, or use another relay."},
		tallow.ReasonStoreQuota:     {text: "your address has stored as much at the relay {relay} as it may", hint: "Delete what is not needed any more: tallow stored. Or wait until it expires."},
		tallow.ReasonStoreTooLarge:  {text: "the relay {relay} does not store that much", hint: "Send less at a time, or send it without --store while the receiver waits."},
		tallow.ReasonStoreToken: {
			text: "the relay {relay} stores for those alone who have the token of its store",
			hint: "Ask who runs the relay, and put it into TALLOW_STORE_TOKEN.",
		},
		tallow.ReasonMailOff:      {text: "the relay {relay} sends no mail", hint: "Leave out --mail and hand the link on yourself, or set up an account of yours: tallow config set smtp URL."},
		tallow.ReasonMailQuota:    {text: "the relay {relay} sends no more mails for now, from here or to this address", hint: "{wait}"},
		tallow.ReasonMailAddress:  {text: "the relay sends no mail to this address: {detail}", hint: "Correct the address: tallow stored mail."},
		tallow.ReasonMailFailed:   {text: "it is stored, but there was no mail {detail}", hint: "The link works. Correct the address or the settings, and send it again with tallow stored mail."},
		tallow.ReasonMailQueued:   {text: "it is stored, but there is no mail yet {detail}", hint: "The link works. The next tallow stored tries again."},
		tallow.ReasonNotifyOff:    {text: "the relay {relay} notifies nobody", hint: "Leave out --notify, or ask who runs the relay."},
		tallow.ReasonNotifyURL:    {text: "--notify cannot be used: {detail}", hint: "Give one such as https://hooks.example/tallow."},
		tallow.ReasonStoreChanged: {text: "the files changed while they were stored, so that what is stored is of no use", hint: "Run the same command again: it begins anew."},
		tallow.ReasonSpool:        {text: "what is to be stored cannot be kept in {path} until it is sent: {detail}", hint: "Make room there, or name another folder in TMPDIR."},
		tallow.ReasonStoreBroken:  {text: "the store of the relay {relay} does not work at present", hint: "Try again later, then tell who runs it."},
	}
}
