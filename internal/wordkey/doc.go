// Package wordkey wraps the key of a stored transfer under words that a person can tell
// another one, so that a mail may have the link without its key:
//
//	sender    Generate -> Wrap -> the relay keeps what it returns, and sees no words
//	receiver  Parse of what the relay has -> Open with the words
//
// The relay can guess words for as long as it likes, so there are enough of them, and
// each guess takes Argon2id. docs/protocol.md, section 20, describes the bytes.
//
// Start with [Wrap] and [Parse].
package wordkey
