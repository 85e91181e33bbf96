// Package operator is how the operator of a relay looks at stored transfers and takes
// them down, while the relay runs. The relay serves HTTP on a socket in its own folder,
// which nobody else can open:
//
//	GET    /stored       what is stored: a Transfer as JSON in each line
//	GET    /stored/ID    one Transfer
//	DELETE /stored/ID    takes it down
//
// A Transfer has sizes and times. Start with [Listen] and [Serve] in the relay, with
// [Dial] elsewhere. [Local] does the same without a relay.
package operator
