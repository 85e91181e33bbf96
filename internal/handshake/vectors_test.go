package handshake

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/bwesterb/go-ristretto"
	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
)

// draft is the CPace draft's vectors: field names as there, which differ by
// case alone.
type draft map[string]any

func readDraft(t *testing.T) draft {
	t.Helper()
	var d draft
	vectortest.Read(t, "cpace-ristretto255.json", &d)
	return d
}

// bytes returns a field in hexadecimal, by its path.
func (d draft) bytes(t *testing.T, path ...string) []byte {
	t.Helper()
	var v any = map[string]any(d)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	b, err := hex.DecodeString(s)
	if err != nil || len(b) == 0 {
		t.Fatalf("%q is %v, not hexadecimal", path, v)
	}
	return b
}

func TestCPaceDraftVectors(t *testing.T) {
	d := readDraft(t)
	run := func(name string) []byte { return d.bytes(t, "run", name) }
	prs, ci, sid := run("PRS"), run("CI"), run("sid")
	check(t, "generator string", generatorString(prs, ci, sid),
		d.bytes(t, "generator", "generator_string(G.DSI,PRS,CI,sid,H.s_in_bytes)"))
	g := generator(prs, ci, sid)
	check(t, "g", g.Bytes(), d.bytes(t, "generator", "encoded generator g"))

	ya, yb := scalar(t, run("ya")), scalar(t, run("yb"))
	shareA, shareB := encodedMult(ya, g), encodedMult(yb, g)
	check(t, "Ya", shareA[:], run("Ya"))
	check(t, "Yb", shareB[:], run("Yb"))
	ka, errA := encodedMultVerified(ya, shareB)
	kb, errB := encodedMultVerified(yb, shareA)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	check(t, "K of A", ka[:], run("K"))
	check(t, "K of B", kb[:], run("K"))
	isk := intermediateKey(sid, ka, shareA, run("ADa"), shareB, run("ADb"))
	check(t, "ISK", isk[:], run("ISK_IR"))
}

func TestCPaceDraftScalarMultVfy(t *testing.T) {
	d := readDraft(t)
	s := scalar(t, d.bytes(t, "scalar_mult_vfy", "Valid", "s"))
	out, err := encodedMultVerified(s, [32]byte(d.bytes(t, "scalar_mult_vfy", "Valid", "X")))
	must(t, err)
	check32(t, "scalar_mult_vfy", out, d.bytes(t, "scalar_mult_vfy", "Valid", "G.scalar_mult_vfy(s,X)"))
	for _, name := range []string{"Invalid Y1", "Invalid Y2"} {
		if _, err := encodedMultVerified(s, [32]byte(d.bytes(t, "scalar_mult_vfy", name))); err != ErrPoint {
			t.Errorf("%s: %v, want ErrPoint", name, err)
		}
	}
}

func TestXWingDraftVectors(t *testing.T) {
	var file struct {
		Vectors []struct{ Seed, ESeed, SS, PK, CT hexBytes }
	}
	vectortest.Read(t, "xwing.json", &file)
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Vectors {
		secret, public := xwing.DeriveKeyPairPacked(v.Seed)
		check(t, "public key", public, v.PK)
		var ciphertext [xwing.CiphertextSize]byte
		ss, err := encapsulate(bytes.NewReader(v.ESeed), (*[xwing.PublicKeySize]byte)(v.PK), &ciphertext)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "ciphertext", ciphertext[:], v.CT)
		check(t, "shared secret", ss, v.SS)
		check(t, "decapsulated", xwing.Decapsulate(v.CT, secret), v.SS)
	}
}

// The vector file is what the reference says, to the byte, and the package says
// the same.
func TestHandshakeVector(t *testing.T) {
	want := reference(t, vectorRun())
	vectortest.Check(t, "handshake.json", want)
	t.Run("messages and secrets", func(t *testing.T) { checkRun(t, want) })
	t.Run("intermediate values", func(t *testing.T) { checkIntermediates(t, want) })
}

func checkRun(t *testing.T, want vector) {
	in := want.Inputs
	p := Params{Words: in.Words, Nameplate: in.Nameplate, SenderNonce: [16]byte(in.SenderNonce)}
	p.Rand = bytes.NewReader(slices.Concat(in.ReceiverNonce, in.SeedA, in.XWingSeed, in.Opening))
	r, m1 := newReceiver(t, p)
	p.Rand = bytes.NewReader(slices.Concat(in.SeedB, in.XWingEncaps))
	s, err := NewSender(p)
	must(t, err)
	m2, err := s.HandleM1(m1)
	must(t, err)
	m3, err := r.HandleM2(m2)
	must(t, err)
	m4, ofSender, err := s.HandleM3(m3)
	must(t, err)
	ofReceiver, err := r.HandleM4(m4)
	must(t, err)

	check(t, "M1", m1, want.Messages.M1)
	check(t, "M2", m2, want.Messages.M2)
	check(t, "M3", m3, want.Messages.M3)
	check(t, "M4", m4, want.Messages.M4)
	for _, got := range []*Secrets{ofSender, ofReceiver} {
		checkSecrets(t, got, want.Secrets)
	}
}

func checkSecrets(t *testing.T, got *Secrets, want vectorSecrets) {
	t.Helper()
	check32(t, "control s2r", got.ControlSecret(SenderToReceiver), want.ControlS2R)
	check32(t, "control r2s", got.ControlSecret(ReceiverToSender), want.ControlR2S)
	check32(t, "data s2r", got.DataSecret(SenderToReceiver), want.DataS2R)
	check32(t, "data r2s", got.DataSecret(ReceiverToSender), want.DataR2S)
	check32(t, "resume secret", got.ResumeSecret(), want.ResumeSecret)
	room, verify := got.ResumeRoom(), got.VerifyBytes()
	check(t, "resume room", room[:], want.ResumeRoom)
	check(t, "verify", verify[:], want.Verify)
	export, err := got.Export(want.ExportLabel, len(want.Export))
	must(t, err)
	check(t, "export", export, want.Export)
}

func checkIntermediates(t *testing.T, want vector) {
	in, c := want.Inputs, want.CPace
	p := Params{Words: in.Words, Nameplate: in.Nameplate, SenderNonce: [16]byte(in.SenderNonce)}
	tr := newTranscript(p, [16]byte(in.ReceiverNonce))
	check(t, "CI", tr.ci, c.CI)
	check(t, "sid", tr.sid, c.SID)
	check(t, "generator string", generatorString([]byte(in.Words), tr.ci, tr.sid), c.GeneratorString)
	g := generator([]byte(in.Words), tr.ci, tr.sid)
	check(t, "g", g.Bytes(), c.G)
	ya, err := sampleScalar(bytes.NewReader(in.SeedA))
	must(t, err)
	check(t, "ya", ya.Bytes(), c.ScalarA)
	check32(t, "Ya", encodedMult(ya, g), c.ShareA)
	k, err := encodedMultVerified(ya, [32]byte(c.ShareB))
	must(t, err)
	check32(t, "K", k, c.K)
	isk := intermediateKey(tr.sid, k, [32]byte(c.ShareA), c.ADa, [32]byte(c.ShareB), c.ADb)
	check(t, "ISK", isk[:], c.ISK)
	check32(t, "commitment", commit([32]byte(in.Opening)), want.Messages.Commitment)
	tr.m1, tr.m2 = want.Messages.M1, want.Messages.M2
	check32(t, "th", tr.hash(), want.Keys.TH)
	sched, err := newSchedule(tr, isk, want.XWing.SharedSecret)
	must(t, err)
	check(t, "PRK", sched.secrets.prk, want.Keys.PRK)
	check32(t, "confirm_R", sched.confirmReceiver, want.Keys.ConfirmReceiver)
	check32(t, "confirm_S", sched.confirmSender, want.Keys.ConfirmSender)
}

// The reference itself is held against the draft's numbers.
func TestReferenceGroupAgainstDraft(t *testing.T) {
	d, c := readDraft(t), newCurve()
	hash, encoded := d.bytes(t, "generator", "hash result"), d.bytes(t, "generator", "encoded generator g")
	g := c.sum(c.elligator(hash[:32]), c.elligator(hash[32:]))
	check32(t, "g", c.encode(g), encoded)
	shareA := c.mult(littleEndian(d.bytes(t, "run", "ya")), g)
	check32(t, "Ya", c.encode(shareA), d.bytes(t, "run", "Ya"))
	check32(t, "K", c.encode(c.mult(littleEndian(d.bytes(t, "run", "yb")), shareA)), d.bytes(t, "run", "K"))
	if pt, ok := c.decode([32]byte(encoded)); !ok || c.encode(pt) != [32]byte(encoded) {
		t.Error("g does not decode and encode again")
	}
}

func check(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if len(want) == 0 || !bytes.Equal(got, want) {
		t.Errorf("%s:\n got %x\nwant %x", what, got, want)
	}
}

func check32(t *testing.T, what string, got [32]byte, want []byte) {
	t.Helper()
	check(t, what, got[:], want)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func scalar(t *testing.T, b []byte) *ristretto.Scalar {
	t.Helper()
	var s ristretto.Scalar
	if !s.SetBytesStrict((*[32]byte)(b)) {
		t.Fatalf("%x is no scalar", b)
	}
	return &s
}
