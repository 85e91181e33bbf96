// Command tallow-wasm is tallow in a browser: the binding of package tallow for a
// Web Worker. The page and this program exchange messages (postMessage):
//
//	main_js.go      the program: it takes commands until the worker ends
//	command_js.go   what the page may ask for
//	transfer_js.go  one Send, Receive or Store
//	store_js.go     what is left at the relay
//	keep_js.go      what was received and is kept, and how it is saved
//	export_js.go    into a folder that the person picked
//	event_js.go     the events of a transfer, as the page gets them
//
// It knows nothing of how the page looks, and has no words for people: it gives
// kinds, reasons and facts. docs/browser.md lists the messages.
package main
