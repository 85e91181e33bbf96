// Package promise waits for the promises of JavaScript. It is for the packages that
// run in a browser. Start with Await.
package promise
