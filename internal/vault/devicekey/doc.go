// Package devicekey keeps the device key: 32 random bytes, made at first use, that
// seal what tallow remembers on this machine. Start with [Store.Open] and [Store.Use].
//
// The key is in the keyring of the operating system, or, where there is none, in a
// file that its user alone can read. Which of the two it is says the file device-key
// in the folder of the state, so that a keyring that cannot be reached for a while,
// as over ssh, does not lead to a second key.
//
// With a password the file also has the key sealed under it, by Argon2id. Then
// [Store.Lock] removes the key from the keyring or the file, and [Store.Unlock] puts it
// back.
//
// Every change can be interrupted at any point, and any number of processes may work
// with one key (note.go, lock.go and replace.go say how).
//
// Nothing is sealed with the device key itself. Each use has a key of its own, made
// by [Key.Derive]:
//
//	device key ── HKDF-Expand(label) ──> the key of one use, such as the history
//	                                      └─ HKDF-Expand(label) ──> the key of one column
//
// docs/security.md has the labels, and what all of this protects.
package devicekey
