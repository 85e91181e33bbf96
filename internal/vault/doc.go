// Package vault seals what tallow keeps on this machine's disk and what nobody
// else may use. It is for package pkg/tallow, which puts what is sealed where it
// belongs, such as the journal beside a partial file. Start with [SealResume]
// and [OpenResume].
//
// What seals the resume state is the code of the transfer, which its user types
// again after a crash. Three words are few for an attacker who holds the file
// and can guess as long as they like, so each guess is made dear with Argon2id,
// and what can be won is kept small: for as long as the sender still waits,
// taking the receiver's place in the one transfer whose partial files lie beside
// the journal anyway. Of what crossed the network before, it opens nothing.
//
// The package does no input or output, except for crypto/rand.
package vault
