// Package vault keeps what tallow remembers on this machine's disk and nobody else
// may learn. It has five parts:
//
//   - [SealResume] and [OpenResume] seal what a receiver needs to resume a transfer
//     after a crash. Package disk puts the sealed bytes into the journal beside a
//     partial file.
//   - [Meetings] holds the same from the handshake on, when there is no partial file
//     yet.
//   - [MachineKey] is a random key of this machine, which seals the state of a meeting
//     for its first seconds.
//   - [FailedCodes] remembers codes whose handshake failed, so that none is tried
//     twice.
//   - [SealClaim] and [OpenClaim] seal the name of a download of a stored transfer. The
//     key is in its link, and has 256 bits.
//
// A machine key protects from whoever gets hold of a sealed state without the key, and
// not from whoever can read the folder that has both: for them the words are quickly
// found. That is why what is kept for longer rests on Argon2id, as do failed codes.
//
// These rest on the words of a code, which are few: three words can be found by an
// attacker who has the file and can guess for as long as they like. So each guess
// is made expensive with Argon2id, and there is little to win. With a resume state
// the attacker can take the receiver's place, while the sender still waits, in the
// one transfer whose partial files lie beside the journal anyway; it opens nothing
// of what crossed the network before. With a failed code they can take the
// receiver's place if the code is still good at its sender.
package vault
