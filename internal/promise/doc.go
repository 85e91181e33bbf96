// Package promise waits for JavaScript: for its promises, and for messages that it
// delivers by callbacks. It is for the packages that run in a browser. Start with
// Await and Inbox.
package promise
