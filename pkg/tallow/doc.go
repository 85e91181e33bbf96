// Package tallow sends files and folders from one machine to another. Two people
// share a short code; the code authenticates an end-to-end encrypted session
// between their machines; the files go directly where the network allows it, and
// through a relay that cannot read them where it does not.
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
//   - [TransferManager] runs several transfers at once, for a program that stays.
//   - [Controls] pause and resume a transfer that runs.
//   - SendOptions.Paths and ReceiveOptions.Output are files of this machine. A
//     program that keeps its files elsewhere gives a Source and a Destination of
//     its own, which are interfaces of package files; files.FS sends any fs.FS.
//   - [CheckCode] and [CompleteCode] help a person to type a code.
//   - A program that is its own relay serves package relay, an http.Handler.
//
// What happens meanwhile comes to OnEvent as values of the types in event.go, the
// last of which is the [EndEvent]. Errors are of type [*Error]: facts, which a
// program puts into words for the people that it speaks to. Its Kind says whose
// fault it is, its Reason what happened.
//
// # Compatibility
//
// The public API of this module is this package, package files and package relay.
// Until version 1 it may change with a minor version. Programs have to expect
// that events, reasons and fields of structs are added, and so use field names in
// composite literals and ignore what they do not know.
package tallow
