package handshake

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
)

// resumeVector is one resumption with all of its values, in the order in which
// they arise.
type resumeVector struct {
	Comment  string               `json:"comment"`
	Inputs   resumeVectorInputs   `json:"inputs"`
	XWing    vectorXWing          `json:"xwing"`
	Messages resumeVectorMessages `json:"messages"`
	Keys     resumeVectorKeys     `json:"keys"`
	Secrets  vectorSecrets        `json:"secrets"`
}

type resumeVectorInputs struct {
	ResumeSecret  hexBytes `json:"resume_secret"`
	ResumeRoom    hexBytes `json:"resume_room"`
	Incarnation   hexBytes `json:"incarnation"`
	Generation    uint32   `json:"generation"`
	ReceiverNonce hexBytes `json:"receiver_nonce"`
	SenderNonce   hexBytes `json:"sender_nonce"`
	XWingSeed     hexBytes `json:"xwing_seed"`
	XWingEncaps   hexBytes `json:"xwing_encapsulation_seed"`
	Opening       hexBytes `json:"opening"`
}

type resumeVectorMessages struct {
	Commitment    hexBytes `json:"commitment"`
	Q1            hexBytes `json:"Q1"`
	UnconfirmedQ2 hexBytes `json:"Q2_without_confirmation"`
	Q2            hexBytes `json:"Q2"`
	Q3            hexBytes `json:"Q3"`
}

type resumeVectorKeys struct {
	Transcript      hexBytes `json:"transcript"`
	TH              hexBytes `json:"th"`
	IKM             hexBytes `json:"ikm"`
	PRK             hexBytes `json:"PRK"`
	KConfirmR       hexBytes `json:"K_confirm_R"`
	KConfirmS       hexBytes `json:"K_confirm_S"`
	ConfirmReceiver hexBytes `json:"confirm_R"`
	ConfirmSender   hexBytes `json:"confirm_S"`
}

// resumeVectorRun resumes the session of handshake.json.
func resumeVectorRun(t *testing.T) resumeVectorInputs {
	t.Helper()
	first := reference(t, vectorRun()).Secrets
	fill := func(first byte, n int) hexBytes {
		b := make([]byte, n)
		for i := range b {
			b[i] = first + byte(i)
		}
		return b
	}
	return resumeVectorInputs{
		ResumeSecret: first.ResumeSecret, ResumeRoom: first.ResumeRoom,
		Incarnation: fill(0x50, 16), Generation: 0x0102,
		ReceiverNonce: fill(0x60, 16), SenderNonce: fill(0x70, 16),
		XWingSeed: fill(0xa0, 32), XWingEncaps: fill(0x90, 64), Opening: fill(0xd0, 32),
	}
}

// referenceResume computes a resumption from docs/protocol.md alone, as reference
// does. It shares no code with the package.
func referenceResume(t *testing.T, in resumeVectorInputs) resumeVector {
	t.Helper()
	v := resumeVector{Inputs: in}
	v.Comment = "One resumption of the session of handshake.json with every intermediate value, in hexadecimal. " +
		"th is the SHA-256 of the transcript; incarnation and generation are the receiver's. Q3 opens the commitment of Q1."
	secretKey, publicKey := xwingKeys(t, in.XWingSeed)
	v.XWing.PublicKey = publicKey
	v.XWing.Ciphertext, v.XWing.SharedSecret = xwingEncapsulate(t, publicKey, in.XWingEncaps)
	if got := secretKey.decapsulate(t, v.XWing.Ciphertext); !slices.Equal(got, v.XWing.SharedSecret) {
		t.Fatal("the X-Wing oracle does not agree with itself")
	}
	generation := binary.BigEndian.AppendUint32(nil, in.Generation)
	commitment := referenceCommitment(in.Opening)
	q1 := slices.Concat([]byte{0x14}, in.ReceiverNonce, in.Incarnation, generation, commitment, publicKey)
	unconfirmed := slices.Concat([]byte{0x15}, in.SenderNonce, v.XWing.Ciphertext)

	transcript := slices.Concat(lv([]byte("tallow/2 resume")), lv(in.ResumeRoom), lv(q1), lv(unconfirmed))
	th := sha256.Sum256(transcript)
	ikm := slices.Concat(in.ResumeSecret, v.XWing.SharedSecret)
	prk := mac(th[:], ikm)
	kr, ks := expand(prk, "tallow/2 resume confirm receiver", 32), expand(prk, "tallow/2 resume confirm sender", 32)
	v.Keys = resumeVectorKeys{
		Transcript: transcript, TH: th[:], IKM: ikm, PRK: prk, KConfirmR: kr, KConfirmS: ks,
		ConfirmReceiver: mac(kr, th[:]), ConfirmSender: mac(ks, th[:]),
	}
	v.Messages = resumeVectorMessages{
		Commitment: commitment,
		Q1:         q1, UnconfirmedQ2: unconfirmed, Q2: slices.Concat(unconfirmed, v.Keys.ConfirmSender),
		Q3: slices.Concat([]byte{0x16}, v.Keys.ConfirmReceiver, in.Opening),
	}
	v.Secrets = vectorSecrets{
		ControlS2R: expand(prk, "tallow/2 control s2r", 32), ControlR2S: expand(prk, "tallow/2 control r2s", 32),
		DataS2R: expand(prk, "tallow/2 data s2r", 32), DataR2S: expand(prk, "tallow/2 data r2s", 32),
		ResumeSecret: in.ResumeSecret, ResumeRoom: in.ResumeRoom,
		Verify:      expand(prk, "tallow/2 verify "+string(in.Opening), 8),
		ExportLabel: "example", Export: expand(prk, "tallow/2 export example", 48),
	}
	return v
}

// The vector file is what the reference says, to the byte, and the package says
// the same.
func TestResumeVector(t *testing.T) {
	want := referenceResume(t, resumeVectorRun(t))
	vectortest.Check(t, "resume.json", want)

	in := want.Inputs
	p := ResumeParams{Secret: [32]byte(in.ResumeSecret), Room: [16]byte(in.ResumeRoom)}
	p.Rand = bytes.NewReader(slices.Concat(in.ReceiverNonce, in.XWingSeed, in.Opening))
	r, q1 := newResumer(t, p, [16]byte(in.Incarnation), in.Generation)
	p.Rand = bytes.NewReader(slices.Concat(in.SenderNonce, in.XWingEncaps))
	s, err := NewResumeAcceptor(p)
	must(t, err)
	q2, err := s.HandleQ1(q1)
	must(t, err)
	q3, ofReceiver, err := r.HandleQ2(q2)
	must(t, err)
	done, err := s.HandleQ3(q3)
	must(t, err)

	check(t, "Q1", q1, want.Messages.Q1)
	check(t, "Q2", q2, want.Messages.Q2)
	check(t, "Q3", q3, want.Messages.Q3)
	check(t, "incarnation", done.Incarnation[:], in.Incarnation)
	if done.Generation != in.Generation {
		t.Errorf("generation %d, want %d", done.Generation, in.Generation)
	}
	for _, got := range []*Secrets{done.Secrets, ofReceiver} {
		checkSecrets(t, got, want.Secrets)
		check(t, "PRK", got.prk, want.Keys.PRK)
	}
	check32(t, "th", resumeHash(p.Room, q1, want.Messages.UnconfirmedQ2), want.Keys.TH)
}
