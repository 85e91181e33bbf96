package container_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/tallow-transfer/tallow/internal/container"
)

const (
	chunk   = 65536 + 16
	segment = 16 + 128*chunk
	preface = 132 + 16 + chunk
)

// cheap is a cost for tests.
func cheap() container.Cost { return container.Cost{Passes: 1, Memory: 8, Lanes: 1} }

func newKeys(t testing.TB, secret *container.Key, password string) *container.Keys {
	t.Helper()
	k, err := container.New(secret, password, cheap())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// open opens a container and returns what came out of it before an error.
func open(sealed []byte, secret *container.Key, password string) (payload []byte, err error) {
	r := bytes.NewReader(sealed)
	h, err := container.ReadHeader(r)
	if err != nil {
		return nil, err
	}
	k, err := h.Open(secret, password)
	if err != nil {
		return nil, err
	}
	if _, err := container.ReadOffer(r, k); err != nil {
		return nil, err
	}
	return io.ReadAll(container.NewReader(r, k))
}

// change returns a container that a function has changed.
func change(sealed []byte, f func(b []byte) []byte) []byte { return f(bytes.Clone(sealed)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// What a store may do to a container is noticed, said by name, and no byte comes out
// that was not at its place.
func TestHostileStore(t *testing.T) {
	secret := container.Key{1}
	payload := counting(2*128*65536 + 5*65536)
	sealed := sealAll(t, newKeys(t, &secret, ""), []byte("offer"), payload)
	other := sealAll(t, newKeys(t, &secret, ""), []byte("offer"), payload)
	padded := (len(sealed) - preface - 3*16) / chunk * 65536
	first, second := sealed[preface:preface+segment], sealed[preface+segment:preface+2*segment]
	chunkAt := func(b []byte, s, i int) []byte { at := preface + s*segment + 16 + i*chunk; return b[at : at+chunk] }
	for name, test := range map[string]struct {
		changed []byte
		want    error
		opened  int // bytes of the payload that may come out before the error
	}{
		"nothing":                       {sealed, nil, padded},
		"empty":                         {nil, container.ErrFormat, 0},
		"a text":                        {[]byte("hello, this is not a container at all"), container.ErrFormat, 0},
		"cut in the magic":              {sealed[:5], container.ErrTruncated, 0},
		"cut in the header":             {sealed[:100], container.ErrTruncated, 0},
		"cut in the offer":              {sealed[:5000], container.ErrTruncated, 0},
		"cut before the payload":        {sealed[:preface], container.ErrTruncated, 0},
		"cut in the salt":               {sealed[:preface+7], container.ErrTruncated, 0},
		"cut in a chunk":                {sealed[:preface+16+chunk+100], container.ErrTruncated, 65536},
		"cut behind a chunk":            {sealed[:preface+16+3*chunk], container.ErrTruncated, 2 * 65536},
		"cut behind a segment":          {sealed[:preface+segment], container.ErrTruncated, 127 * 65536},
		"cut behind a salt":             {sealed[:preface+segment+16], container.ErrTruncated, 128 * 65536},
		"the last chunk missing":        {sealed[:len(sealed)-chunk], container.ErrTruncated, padded - 2*65536},
		"the last byte missing":         {sealed[:len(sealed)-1], container.ErrTruncated, padded - 65536},
		"a byte more":                   {join(sealed, []byte{0}), container.ErrTrailing, padded - 65536},
		"the last chunk twice":          {join(sealed, sealed[len(sealed)-chunk:]), container.ErrTrailing, padded - 65536},
		"two containers":                {join(sealed, sealed), container.ErrTrailing, padded - 65536},
		"segments exchanged":            {join(sealed[:preface], second, first, sealed[preface+2*segment:]), container.ErrCorrupt, 0},
		"a segment left out":            {join(sealed[:preface], second, sealed[preface+2*segment:]), container.ErrCorrupt, 0},
		"a segment twice":               {join(sealed[:preface], first, first, sealed[preface+segment:]), container.ErrCorrupt, 128 * 65536},
		"a segment of another":          {join(sealed[:preface+segment], other[preface+segment:]), container.ErrCorrupt, 128 * 65536},
		"the payload of another":        {join(sealed[:preface], other[preface:]), container.ErrCorrupt, 0},
		"the offer of another":          {join(sealed[:132], other[132:preface], sealed[preface:]), container.ErrCorrupt, 0},
		"the header of another":         {join(other[:132], sealed[132:]), container.ErrCorrupt, 0},
		"an offer as a segment":         {join(sealed[:preface], sealed[132:preface]), container.ErrCorrupt, 0},
		"an early end":                  {join(sealed[:preface+16], chunkAt(sealed, 2, 4)), container.ErrCorrupt, 0},
		"chunks exchanged":              {change(sealed, func(b []byte) []byte { copy(chunkAt(b, 0, 1), chunkAt(sealed, 0, 2)); return b }), container.ErrCorrupt, 65536},
		"a chunk of another segment":    {change(sealed, func(b []byte) []byte { copy(chunkAt(b, 1, 0), chunkAt(sealed, 0, 0)); return b }), container.ErrCorrupt, 128 * 65536},
		"a bit of a chunk":              {change(sealed, func(b []byte) []byte { b[preface+16+4*chunk+9] ^= 4; return b }), container.ErrCorrupt, 4 * 65536},
		"a bit of a tag":                {change(sealed, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), container.ErrCorrupt, padded - 65536},
		"a bit of a salt":               {change(sealed, func(b []byte) []byte { b[preface+segment+3] ^= 1; return b }), container.ErrCorrupt, 128 * 65536},
		"a bit of the offer":            {change(sealed, func(b []byte) []byte { b[1000] ^= 1; return b }), container.ErrCorrupt, 0},
		"another magic":                 {change(sealed, func(b []byte) []byte { b[3] ^= 0x20; return b }), container.ErrFormat, 0},
		"another version":               {change(sealed, func(b []byte) []byte { b[8] = 2; return b }), container.ErrVersion, 0},
		"another suite":                 {change(sealed, func(b []byte) []byte { b[9] = 2; return b }), container.ErrVersion, 0},
		"a wrap that is not known":      {change(sealed, func(b []byte) []byte { b[10] = 3; return b }), container.ErrVersion, 0},
		"parameters without a password": {change(sealed, func(b []byte) []byte { b[11] = 1; return b }), container.ErrFormat, 0},
		"a wrapped key without one":     {change(sealed, func(b []byte) []byte { b[60] = 1; return b }), container.ErrFormat, 0},
		"a bit of the header's salt":    {change(sealed, func(b []byte) []byte { b[25] ^= 1; return b }), container.ErrKey, 0},
		"a bit of the MAC":              {change(sealed, func(b []byte) []byte { b[131] ^= 1; return b }), container.ErrKey, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := open(test.changed, &secret, "")
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if len(got) != test.opened {
				t.Errorf("%d bytes come out, want %d", len(got), test.opened)
			}
			whole := join(payload, make([]byte, padded-len(payload)))
			if !bytes.HasPrefix(whole, got) {
				t.Error("a wrong byte comes out")
			}
		})
	}
}

// With a password, everything in the header is bound too.
func TestHostileHeaderWithPassword(t *testing.T) {
	sealed := sealAll(t, newKeys(t, nil, "secret"), nil, []byte("x"))
	if _, err := open(sealed, nil, "secret"); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"", "Secret", "secret "} {
		if _, err := open(sealed, nil, password); !errors.Is(err, container.ErrKey) {
			t.Errorf("the password %q: %v, want ErrKey", password, err)
		}
	}
	for at, want := range map[int]error{15: container.ErrKey, 19: container.ErrKey, 20: container.ErrKey, 52: container.ErrKey, 99: container.ErrKey, 100: container.ErrHeader, 131: container.ErrHeader} {
		changed := bytes.Clone(sealed)
		changed[at] ^= 2
		if _, err := open(changed, nil, "secret"); !errors.Is(err, want) {
			t.Errorf("byte %d changed: %v, want %v", at, err, want)
		}
	}
	// A header that says that a key is needed as well does not open with the password alone.
	changed := bytes.Clone(sealed)
	changed[10] = 2
	if _, err := open(changed, nil, "secret"); !errors.Is(err, container.ErrKey) {
		t.Errorf("another wrap: %v", err)
	}
}

// A header cannot make its reader take 64 GiB, or hours.
func TestCostIsBounded(t *testing.T) {
	sealed := sealAll(t, newKeys(t, nil, "secret"), nil, nil)
	for name, bytes4 := range map[string]struct {
		at    int
		value [4]byte
	}{
		"64 GiB":             {16, [4]byte{4, 0, 0, 0}},
		"512 MiB and 1 KiB":  {16, [4]byte{0, 8, 0, 1}},
		"no memory":          {16, [4]byte{}},
		"4 billion passes":   {12, [4]byte{0xff, 0xff, 0xff, 0xff}},
		"17 passes":          {12, [4]byte{0, 0, 0, 17}},
		"no pass":            {12, [4]byte{}},
		"17 lanes":           {8, [4]byte{1, 1, 1, 17}},
		"no lane":            {8, [4]byte{1, 1, 1, 0}},
		"less than is taken": {16, [4]byte{0, 0, 0, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := bytes.Clone(sealed)
			copy(changed[bytes4.at:], bytes4.value[:])
			var cost *container.CostError
			if _, err := open(changed, nil, "secret"); !errors.As(err, &cost) {
				t.Errorf("error %v, want a *CostError", err)
			}
		})
	}
	for _, c := range []container.Cost{{}, {Passes: 1, Memory: 64 << 20, Lanes: 4}, {Passes: 1, Memory: 8, Lanes: 2}} {
		if _, err := container.New(nil, "secret", c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if _, err := container.New(nil, "secret", container.DefaultCost()); err != nil {
		t.Error(err)
	}
}
