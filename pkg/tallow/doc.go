// Package tallow sends files and folders from one machine to another. Two
// people share a short code; the code authenticates an end-to-end encrypted
// session between their machines; the files go directly where the network
// allows it and through a relay that cannot read them where it does not.
//
//	client, err := tallow.New(tallow.Config{Relay: "relay.example"})
//	...
//	result, err := client.Send(ctx, tallow.SendOptions{Paths: []string{"photos"}, OnEvent: show})
//
//	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: "7-acid-acorn-acre", Output: "inbox/"})
//
// Send and Receive block until the transfer is over and end early with their
// context. What happens meanwhile is told to OnEvent as values of the types in
// event.go. Errors are of type *Error, whose Kind says whose fault it is and
// whose Hint says what to do next. Controls pause and resume a transfer; a
// TransferManager runs several at once.
//
// This package and package relay are the module's only public API; the command
// line is built on them alone.
package tallow
