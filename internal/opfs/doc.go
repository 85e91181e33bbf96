// Package opfs keeps bundles, and the codes that failed, in the origin private file
// system of a browser, by the synchronous handles that only workers have. Start with
// Open.
package opfs
