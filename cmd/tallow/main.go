// Command tallow moves files and folders from one machine to another. Scripts
// build on what it prints and on its exit codes, so both change only by
// addition.
//
// Each verb has its file: send.go, receive.go, encrypt.go, decrypt.go, relay.go, code.go, config.go, doctor.go,
// history.go, version.go, completion.go, man.go. Each parses its flags, calls package tallow or relay, and
// returns. What they share:
//
//	relaysettings.go  the settings of a relay; relaytls.go, relaymetrics.go, relaylimits.go
//	              and relaylog.go have those of one subject each, services.go runs what
//	              is beside it
//	relaystore.go what a relay keeps for receivers that come later
//	root.go       the program, its streams, and the flags of every verb
//	statedir.go   where this user's state is kept
//	preferences.go  the settings of send and receive; rate.go has --limit-rate,
//	              size.go sizes, amount.go what both parse
//	configfile.go  where they are kept; settingfailure.go says what is wrong there
//	transfer.go   what send and receive have in common
//	relayturn.go  the relay's flags for TURN
//	record.go     what is recorded of a transfer
//	historyshow.go, historychange.go, historytime.go  the rest of the verb history
//	keystore.go   the device key, and what may be wrong with the history
//	exit.go       the one place where errors become text and an exit code
//	events.go     --json
//	terminal.go   the rules of what people see
//	narrator.go   what they are told of a transfer
//	progress.go   the one line that moves; layout.go fits it into the terminal, board.go
//	              has one for each of several transfers
//	sendto.go     send --to; targets.go has its names, sendseveral.go several devices
//	palette.go    colours; help.go has --help, logfile.go --log-file
//	summary.go    numbers and names as people read them
//	console.go    where questions are asked; prompt.go has the questions
//	password.go   the password of encrypted files; linkwords.go the words for a link
//	stored.go     the verb stored, with storedshow.go, storedchange.go and storedmail.go;
//	              storedlist.go keeps the list, mailqueue.go the mails, mailflags.go
//	              and mailaccount.go say who sends them to whom
//	offertable.go the offer as a person is asked about it; offerrows.go has its lines
//	visible.go    foreign text on a terminal
//	openfolder.go --open
//	signals.go    Ctrl-C, and signals that pause and resume
//	keys.go       keys during a transfer; steering.go has what they do
//	jobcontrol_unix.go  Ctrl-Z, fg and bg
//
// Start with root.go and send.go.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(run()) }

// run is main with a result, so that what it defers happens.
func run() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	stop := onSignals(cancel, func() {
		p.terminal.leave()
		os.Exit(exitInterrupted)
	})
	defer stop()
	return p.execute(ctx, os.Args[1:])
}
