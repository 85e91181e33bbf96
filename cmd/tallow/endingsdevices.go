package main

import "github.com/tallow-transfer/tallow/pkg/tallow"

// deviceEndings are for the mailboxes of devices.
func deviceEndings() map[tallow.Reason]ending {
	return map[tallow.Reason]ending{
		tallow.ReasonBoxNoRelay: {text: "devices need a relay, where they leave each other messages", hint: "Name one that both machines reach with --relay HOST."},
		tallow.ReasonBoxNone:    {text: "the relay {relay} has no mailbox for devices", hint: "Use another relay, or ask who runs this one."},
		tallow.ReasonBoxFull:    {text: "the mailbox of the relay {relay} has no room", hint: "Try again later, or use another relay."},
		tallow.ReasonBoxTaken: {
			text: "something else lies at the relay {relay} where this machine's messages belong",
			hint: "Another copy of this machine's state is in use. Remove the device on both machines, and pair again.",
		},
		tallow.ReasonBoxBroken: {text: "the mailbox of the relay {relay} does not work at present", hint: "Try again later, then tell who runs it."},
	}
}
