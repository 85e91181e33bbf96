package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// hexBytes is shown in hexadecimal.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// recordVector is one record with every intermediate value.
type recordVector struct {
	Name      string   `json:"name"`
	Secret    string   `json:"secret"`
	Kind      uint8    `json:"kind"`
	Lane      uint32   `json:"lane"`
	Counter   uint64   `json:"counter"`
	Epoch     uint32   `json:"epoch"`
	Info      hexBytes `json:"info"`
	Key       hexBytes `json:"key"`
	Nonce     hexBytes `json:"nonce"`
	Header    hexBytes `json:"header"`
	Plaintext hexBytes `json:"plaintext"`
	Record    hexBytes `json:"record"`
}

// recordSecrets are the secrets of the run in handshake.json, by their names.
func recordSecrets(t *testing.T) map[string][32]byte {
	t.Helper()
	var file struct {
		Secrets map[string]string `json:"secrets"`
	}
	vectortest.Read(t, "handshake.json", &file)
	secrets := make(map[string][32]byte)
	for _, name := range []string{"control_s2r", "control_r2s", "data_s2r", "data_r2s"} {
		b, err := hex.DecodeString(file.Secrets[name])
		if err != nil || len(b) != 32 {
			t.Fatalf("%s in handshake.json is %q", name, file.Secrets[name])
		}
		secrets[name] = [32]byte(b)
	}
	return secrets
}

// recordInputs are the records to be sealed: both kinds, both directions, two
// lanes, and a change of keys.
func recordInputs() []recordVector {
	hello := wire.Control{Seq: 1, Message: wire.Hello{Lanes: wire.LaneRelay | wire.LaneWebRTC, Program: "tallow/1.0"}.Append(nil)}
	ack := wire.Control{Ack: 7, Data: 61}
	data := wire.Segment{File: 3, BlockLen: 5, Payload: []byte("hello")}
	for i := range data.Hash {
		data.Hash[i] = byte(i)
	}
	const control, bulk = uint8(wire.RecordControl), uint8(wire.RecordData)
	return []recordVector{
		{Name: "the sender's first control record", Secret: "control_s2r", Kind: control, Plaintext: hello.Append(nil)},
		{Name: "the receiver's first control record", Secret: "control_r2s", Kind: control, Plaintext: hello.Append(nil)},
		{Name: "the same on lane 1", Secret: "control_r2s", Kind: control, Lane: 1, Plaintext: hello.Append(nil)},
		{Name: "an acknowledgement alone, and a report of 61 bytes of data", Secret: "control_r2s", Kind: control, Counter: 1, Plaintext: ack.Append(nil)},
		{Name: "the first data record", Secret: "data_s2r", Kind: bulk, Plaintext: data.Append(nil)},
		{Name: "the second data record", Secret: "data_s2r", Kind: bulk, Counter: 1, Plaintext: data.Append(nil)},
		{Name: "a data record on lane 1", Secret: "data_s2r", Kind: bulk, Lane: 1, Plaintext: data.Append(nil)},
		{Name: "the last of a key", Secret: "data_s2r", Kind: bulk, Lane: 1, Counter: 1<<30 - 1, Plaintext: data.Append(nil)},
		{Name: "the first of the next key", Secret: "data_s2r", Kind: bulk, Lane: 1, Counter: 1 << 30, Plaintext: data.Append(nil)},
		{Name: "the other direction, of no use yet", Secret: "data_r2s", Kind: bulk, Plaintext: data.Append(nil)},
	}
}

// reference fills in a vector from the description in docs/protocol.md alone:
// HKDF-Expand of one block (RFC 5869, section 2.3) is one HMAC.
func (v recordVector) reference(t *testing.T, secret [32]byte) recordVector {
	t.Helper()
	v.Epoch = uint32(v.Counter / 1_073_741_824)
	v.Info = []byte("tallow/2 lane ")
	for _, n := range []uint32{v.Lane, v.Epoch} {
		v.Info = append(v.Info, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	mac := hmac.New(sha256.New, secret[:])
	mac.Write(v.Info)
	mac.Write([]byte{1})
	v.Key = mac.Sum(nil)
	v.Nonce = binary.BigEndian.AppendUint64(make([]byte, 4), v.Counter)
	v.Header = binary.BigEndian.AppendUint64([]byte{v.Kind}, v.Counter)
	block, err := aes.NewCipher(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	v.Record = gcm.Seal(bytes.Clone(v.Header), v.Nonce, v.Plaintext, v.Header)
	return v
}

// The vector file is what the reference says, and the package says the same.
func TestRecordVectors(t *testing.T) {
	file := struct {
		Comment string         `json:"comment"`
		Records []recordVector `json:"records"`
	}{Comment: "Records with every intermediate value, in hexadecimal. secret names one of the secrets of handshake.json; key = HKDF-Expand-SHA256(secret, info, 32); record = header, then AES-256-GCM(key, nonce, plaintext, additional data = header)."}
	secrets := recordSecrets(t)
	for _, v := range recordInputs() {
		v = v.reference(t, secrets[v.Secret])
		file.Records = append(file.Records, v)
		checkRecord(t, v, secrets[v.Secret])
	}
	vectortest.Check(t, "record.json", file)
}

func checkRecord(t *testing.T, v recordVector, secret [32]byte) {
	t.Helper()
	out := newRecordKey(secret, wire.RecordKind(v.Kind), v.Lane)
	in := out
	out.counter, in.counter = v.Counter, v.Counter
	rec, err := out.seal(make([]byte, wire.MaxRecord), v.Plaintext)
	if err != nil || !bytes.Equal(rec, v.Record) {
		t.Errorf("%s: sealed as\n%x, %v, want\n%x", v.Name, rec, err, v.Record)
	}
	sealed := bytes.Clone(v.Record)
	r, err := wire.ParseRecord(sealed)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	if plain, err := in.open(sealed[:wire.RecordHeader], r); err != nil || !bytes.Equal(plain, v.Plaintext) {
		t.Errorf("%s: opened as %x, %v", v.Name, plain, err)
	}
}

// The key changes while a lane runs, and not only where one begins.
func TestRecordKeyChangesInARun(t *testing.T) {
	secret := recordSecrets(t)["data_s2r"]
	k := newRecordKey(secret, wire.RecordData, 1)
	k.counter = 1<<30 - 1
	for _, v := range recordInputs()[7:9] {
		want := v.reference(t, secret)
		if rec, err := k.seal(make([]byte, wire.MaxRecord), v.Plaintext); err != nil || !bytes.Equal(rec, want.Record) {
			t.Errorf("%s: %x, %v, want %x", v.Name, rec, err, want.Record)
		}
	}
}
