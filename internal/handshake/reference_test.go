package handshake

import (
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"testing"
)

// hexBytes is written in hexadecimal in a vector file.
type hexBytes []byte

func (h hexBytes) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(h)) }

func (h *hexBytes) UnmarshalJSON(b []byte) (err error) {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*h, err = hex.DecodeString(s)
	return err
}

// vector is one run with all of its values, in the order in which they arise.
type vector struct {
	Comment  string         `json:"comment"`
	Inputs   vectorInputs   `json:"inputs"`
	CPace    vectorCPace    `json:"cpace"`
	XWing    vectorXWing    `json:"xwing"`
	Messages vectorMessages `json:"messages"`
	Keys     vectorKeys     `json:"keys"`
	Secrets  vectorSecrets  `json:"secrets"`
}

type vectorInputs struct {
	Words         string   `json:"words"`
	Nameplate     string   `json:"nameplate"`
	SenderNonce   hexBytes `json:"sender_nonce"`
	ReceiverNonce hexBytes `json:"receiver_nonce"`
	SeedA         hexBytes `json:"ya_seed"`
	SeedB         hexBytes `json:"yb_seed"`
	XWingSeed     hexBytes `json:"xwing_seed"`
	XWingEncaps   hexBytes `json:"xwing_encapsulation_seed"`
	Opening       hexBytes `json:"opening"`
}

type vectorCPace struct {
	PRS             hexBytes `json:"PRS"`
	CI              hexBytes `json:"CI"`
	SID             hexBytes `json:"sid"`
	GeneratorString hexBytes `json:"generator_string"`
	GeneratorHash   hexBytes `json:"generator_hash"`
	G               hexBytes `json:"g"`
	ScalarA         hexBytes `json:"ya"`
	ShareA          hexBytes `json:"Ya"`
	ADa             hexBytes `json:"ADa"`
	ScalarB         hexBytes `json:"yb"`
	ShareB          hexBytes `json:"Yb"`
	ADb             hexBytes `json:"ADb"`
	K               hexBytes `json:"K"`
	ISK             hexBytes `json:"ISK"`
}

type vectorXWing struct {
	PublicKey    hexBytes `json:"public_key"`
	Ciphertext   hexBytes `json:"ciphertext"`
	SharedSecret hexBytes `json:"ss"`
}

type vectorMessages struct {
	Commitment hexBytes `json:"commitment"`
	M1         hexBytes `json:"M1"`
	M2         hexBytes `json:"M2"`
	M3         hexBytes `json:"M3"`
	M4         hexBytes `json:"M4"`
}

type vectorKeys struct {
	TH              hexBytes `json:"th"`
	PRK             hexBytes `json:"PRK"`
	KConfirmR       hexBytes `json:"K_confirm_R"`
	KConfirmS       hexBytes `json:"K_confirm_S"`
	ConfirmReceiver hexBytes `json:"confirm_R"`
	ConfirmSender   hexBytes `json:"confirm_S"`
}

type vectorSecrets struct {
	ControlS2R   hexBytes `json:"control_s2r"`
	ControlR2S   hexBytes `json:"control_r2s"`
	DataS2R      hexBytes `json:"data_s2r"`
	DataR2S      hexBytes `json:"data_r2s"`
	ResumeSecret hexBytes `json:"resume_secret"`
	ResumeRoom   hexBytes `json:"resume_room"`
	Verify       hexBytes `json:"verify"`
	ExportLabel  string   `json:"export_label"`
	Export       hexBytes `json:"export"`
}

func vectorRun() vectorInputs {
	fill := func(first byte, n int) hexBytes {
		b := make([]byte, n)
		for i := range b {
			b[i] = first + byte(i)
		}
		return b
	}
	return vectorInputs{
		Words: "acid-acorn-acre", Nameplate: "7",
		SenderNonce: fill(0x10, 16), ReceiverNonce: fill(0x20, 16),
		SeedA: fill(0x30, 64), SeedB: fill(0x80, 64),
		XWingSeed: fill(0xc0, 32), XWingEncaps: fill(0x40, 64), Opening: fill(0xe0, 32),
	}
}

// reference computes a run from docs/protocol.md alone: with math/big for the
// group, the standard library for the parts of X-Wing, and HKDF and every message
// written out by hand. It shares no code with the package.
func reference(t *testing.T, in vectorInputs) vector {
	t.Helper()
	v := vector{Inputs: in}
	v.Comment = "One handshake with every intermediate value, in hexadecimal. lv(x) is the length of x in LEB128, then x. " +
		"ya and yb are the seeds, little-endian, reduced by the group's order; points are encoded ristretto255. " +
		"M3 opens the commitment of M1."
	secretKey, publicKey := xwingKeys(t, in.XWingSeed)
	v.XWing.PublicKey = publicKey
	v.XWing.Ciphertext, v.XWing.SharedSecret = xwingEncapsulate(t, publicKey, in.XWingEncaps)
	if got := secretKey.decapsulate(t, v.XWing.Ciphertext); !slices.Equal(got, v.XWing.SharedSecret) {
		t.Fatal("the X-Wing oracle does not agree with itself")
	}

	v.CPace = referenceCPace(in, v.XWing)
	c := v.CPace
	v.Messages.Commitment = referenceCommitment(in.Opening)
	v.Messages.M1 = slices.Concat([]byte{0x10}, in.ReceiverNonce, c.ShareA, v.Messages.Commitment, []byte{byte(len(c.ADa) >> 8), byte(len(c.ADa))}, c.ADa)
	v.Messages.M2 = slices.Concat([]byte{0x11}, c.ShareB, c.ADb)

	th := sha256.Sum256(slices.Concat(lv(c.CI), lv(c.SID), lv(v.Messages.M1), lv(v.Messages.M2)))
	prk := mac(th[:], slices.Concat(c.ISK, v.XWing.SharedSecret))
	kr, ks := expand(prk, "tallow/2 confirm receiver", 32), expand(prk, "tallow/2 confirm sender", 32)
	v.Keys = vectorKeys{
		TH: th[:], PRK: prk, KConfirmR: kr, KConfirmS: ks,
		ConfirmReceiver: mac(kr, th[:]), ConfirmSender: mac(ks, th[:]),
	}
	v.Messages.M3 = slices.Concat([]byte{0x12}, v.Keys.ConfirmReceiver, in.Opening)
	v.Messages.M4 = slices.Concat([]byte{0x13}, v.Keys.ConfirmSender)
	v.Secrets = vectorSecrets{
		ControlS2R: expand(prk, "tallow/2 control s2r", 32), ControlR2S: expand(prk, "tallow/2 control r2s", 32),
		DataS2R: expand(prk, "tallow/2 data s2r", 32), DataR2S: expand(prk, "tallow/2 data r2s", 32),
		ResumeSecret: expand(prk, "tallow/2 resume secret", 32), ResumeRoom: expand(prk, "tallow/2 resume room", 16),
		Verify:      expand(prk, "tallow/2 verify "+string(in.Opening), 8),
		ExportLabel: "example", Export: expand(prk, "tallow/2 export example", 48),
	}
	return v
}

func referenceCommitment(opening []byte) []byte {
	sum := sha256.Sum256(slices.Concat(lv([]byte("tallow/2 commitment")), lv(opening)))
	return sum[:]
}

func referenceCPace(in vectorInputs, kem vectorXWing) vectorCPace {
	curve := newCurve()
	c := vectorCPace{PRS: hexBytes(in.Words)}
	c.CI = slices.Concat(lv([]byte("tallow/2")), lv([]byte("receiver")), lv([]byte("sender")), lv([]byte(in.Nameplate)))
	c.SID = slices.Concat(in.SenderNonce, in.ReceiverNonce)
	dsi := []byte("CPaceRistretto255")
	pad := make([]byte, 128-1-len(lv(c.PRS))-len(lv(dsi)))
	c.GeneratorString = slices.Concat(lv(dsi), lv(c.PRS), lv(pad), lv(c.CI), lv(c.SID))
	hash := sha512.Sum512(c.GeneratorString)
	c.GeneratorHash = hash[:]
	g := curve.sum(curve.elligator(hash[:32]), curve.elligator(hash[32:]))

	ya := new(big.Int).Mod(littleEndian(in.SeedA), curve.order)
	yb := new(big.Int).Mod(littleEndian(in.SeedB), curve.order)
	scalarA, scalarB := encodeScalar(ya), encodeScalar(yb)
	gEncoded, shareA, shareB := curve.encode(g), curve.encode(curve.mult(ya, g)), curve.encode(curve.mult(yb, g))
	k := curve.encode(curve.mult(ya, curve.mult(yb, g)))
	c.G, c.ScalarA, c.ShareA, c.ScalarB, c.ShareB, c.K = gEncoded[:], scalarA[:], shareA[:], scalarB[:], shareB[:], k[:]

	// role, one version (2), one suite (1), key; then role, version, suite, ciphertext
	c.ADa = slices.Concat([]byte{1, 1, 0, 2, 1, 0, 1}, kem.PublicKey)
	c.ADb = slices.Concat([]byte{2, 0, 2, 0, 1}, kem.Ciphertext)
	isk := sha512.Sum512(slices.Concat(lv([]byte("CPaceRistretto255_ISK")), lv(c.SID), lv(c.K),
		lv(c.ShareA), lv(c.ADa), lv(c.ShareB), lv(c.ADb)))
	c.ISK = isk[:]
	return c
}

func lv(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

// expand is HKDF-Expand of RFC 5869.
func expand(prk []byte, info string, n int) []byte {
	var out, block []byte
	for i := byte(1); len(out) < n; i++ {
		block = mac(prk, slices.Concat(block, []byte(info), []byte{i}))
		out = append(out, block...)
	}
	return out[:n]
}

// xwingKey is X-Wing's decapsulation key over the standard library.
type xwingKey struct {
	pq *mlkem.DecapsulationKey768
	t  *ecdh.PrivateKey
}

func xwingKeys(t *testing.T, seed []byte) (secret xwingKey, public []byte) {
	t.Helper()
	expanded := sha3.SumSHAKE256(seed, 96)
	pq, err := mlkem.NewDecapsulationKey768(expanded[:64])
	if err != nil {
		t.Fatal(err)
	}
	x, err := ecdh.X25519().NewPrivateKey(expanded[64:])
	if err != nil {
		t.Fatal(err)
	}
	return xwingKey{pq, x}, slices.Concat(pq.EncapsulationKey().Bytes(), x.PublicKey().Bytes())
}

func xwingEncapsulate(t *testing.T, public, seed []byte) (ciphertext, ss []byte) {
	t.Helper()
	pq, err := mlkem.NewEncapsulationKey768(public[:mlkem.EncapsulationKeySize768])
	if err != nil {
		t.Fatal(err)
	}
	ssPQ, ctPQ, err := mlkemtest.Encapsulate768(pq, seed[:32])
	if err != nil {
		t.Fatal(err)
	}
	ephemeral, err := ecdh.X25519().NewPrivateKey(seed[32:])
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ecdh.X25519().NewPublicKey(public[mlkem.EncapsulationKeySize768:])
	if err != nil {
		t.Fatal(err)
	}
	ssT, err := ephemeral.ECDH(peer)
	if err != nil {
		t.Fatal(err)
	}
	ctT := ephemeral.PublicKey().Bytes()
	return slices.Concat(ctPQ, ctT), xwingCombine(ssPQ, ssT, ctT, peer.Bytes())
}

func (k xwingKey) decapsulate(t *testing.T, ciphertext []byte) []byte {
	t.Helper()
	ssPQ, err := k.pq.Decapsulate(ciphertext[:mlkem.CiphertextSize768])
	if err != nil {
		t.Fatal(err)
	}
	ctT := ciphertext[mlkem.CiphertextSize768:]
	peer, err := ecdh.X25519().NewPublicKey(ctT)
	if err != nil {
		t.Fatal(err)
	}
	ssT, err := k.t.ECDH(peer)
	if err != nil {
		t.Fatal(err)
	}
	return xwingCombine(ssPQ, ssT, ctT, k.t.PublicKey().Bytes())
}

func xwingCombine(ssPQ, ssT, ctT, pkT []byte) []byte {
	ss := sha3.Sum256(slices.Concat(ssPQ, ssT, ctT, pkT, []byte(`\./`+`/^\`)))
	return ss[:]
}
