// Package handshake turns a code that two people share into keys that only they
// have. It joins a PAKE, so that each run gives an attacker one guess at the code
// and none offline, with a post-quantum key agreement, so that traffic recorded
// now stays closed later. It is for packages link and session. Start with
// [Exchange], which drives any side; it ends in a [Result].
//
//	receiver R                       relay                      sender S
//	                                   | <------ nS ---------------- |  when the room is opened
//	 | <------------- nS ------------- |                             |
//	 | -- M1: nR, Ya, commitment, ADa {role, versions, suites, key}> |  the code is burnt
//	 | <- M2: Yb, ADb {role, version, suite, X-Wing ciphertext} ---- |
//	 | -- M3: HMAC(K_confirm_R, th), opening ----------------------> |  S has checked R
//	 | <- M4: HMAC(K_confirm_S, th) -------------------------------- |  R has checked S
//
// with
//
//	CI  = lv("tallow/2") || lv("receiver") || lv("sender") || lv(nameplate)
//	sid = nS || nR
//	ISK = CPACE-RISTR255-SHA512(PRS = words, CI, sid, ADa, ADb)     draft-irtf-cfrg-cpace-21
//	ss  = X-Wing                                                    draft-connolly-cfrg-xwing-kem-05
//	th  = SHA-256(lv(CI) || lv(sid) || lv(M1) || lv(M2))
//	PRK = HKDF-Extract-SHA256(salt = th, ikm = ISK || ss)
//
// and everything else by HKDF-Expand from PRK. lv is the draft's prepend_len: the
// length in LEB128, then the bytes. In CPace's terms R is the initiator A and S
// the responder B. The verification words also depend on the opening: [commit]
// explains why.
//
// # Resumption
//
// Peers that lost each other meet in the resume room, whose id is
// Secrets.ResumeRoom. The resume secret takes the place of the PAKE. It is too
// long to guess, so nothing is burnt, and the sender may confirm first.
//
//	receiver R                                                  sender S
//	 | -- Q1: nR, incarnation, generation, commitment, key -------> |
//	 | <- Q2: nS, X-Wing ciphertext, HMAC(K'_confirm_S, th') ------ |  R has checked S
//	 | -- Q3: HMAC(K'_confirm_R, th'), opening -------------------> |  S has checked R
//
// with
//
//	th'  = SHA-256(lv("tallow/2 resume") || lv(resume room) || lv(Q1) || lv(Q2 without its HMAC))
//	PRK' = HKDF-Extract-SHA256(salt = th', ikm = resume secret || ss)
//
// and everything else by HKDF-Expand from PRK', with the labels of the code
// handshake, except that the confirmations have their own, and that resume secret
// and resume room stay what they are.
//
// The package does no input or output and starts no goroutine: bytes go in, bytes
// and errors come out. A Receiver or Sender is good for one run, a Resumer or
// ResumeAcceptor for all resumptions of a session. None is safe for concurrent
// use. testdata/vectors has one run of each kind with every intermediate value:
// handshake.json and resume.json.
package handshake
