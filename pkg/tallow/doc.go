// Package tallow sends files and folders from one machine to another. Two people
// share a short code; the code authenticates an end-to-end encrypted session
// between their machines; the files go directly where the network allows it, and
// otherwise through a relay that cannot read them.
//
//	client, err := tallow.New(tallow.Config{Relay: "relay.example"})
//	...
//	result, err := client.Send(ctx, tallow.SendOptions{Paths: []string{"photos"}, OnEvent: show})
//
//	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: "7-apple-walrus-kayak", Output: "inbox/"})
//
// # What to use
//
//   - [Client.Send] and [Client.Receive] do one transfer and block until it is
//     over. They end early with their context.
//   - [TransferManager] runs several transfers at once, in a long-running program.
//   - [Controls] pause and resume a running transfer.
//   - SendOptions.Paths and ReceiveOptions.Output are files of this machine. A
//     program that keeps its files elsewhere provides its own Source and
//     Destination, which are interfaces of package files; files.FS sends any
//     fs.FS.
//   - [CheckCode] and [CompleteCode] help a person to type a code.
//   - To run a relay in the same program, serve package relay, an http.Handler.
//
// OnEvent is called with each [Event] of a transfer; the last one is the
// [EndEvent]. Errors are of type [*Error]: facts, which a program puts into words
// for people. The Kind is the class of an error, the Reason says what happened.
//
// # Compatibility
//
// The public API of this module is this package, package files and package relay.
// Until version 1 it may change with a minor version. Events, reasons and fields of
// structs may be added at any time: use field names in composite literals, and
// ignore unknown events and reasons.
package tallow
