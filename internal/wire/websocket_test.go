package wire

import (
	"bytes"
	"testing"
)

// The heads are those of RFC 6455, section 5.7, but for the key: its 256 bytes and
// 64 KiB in a single unmasked frame.
func TestAppendWebSocketHead(t *testing.T) {
	tests := map[string]struct {
		n      int
		masked bool
		want   []byte
	}{
		"nothing":                {0, false, []byte{0x82, 0x00}},
		"the longest short one":  {125, false, []byte{0x82, 0x7d}},
		"the first of two bytes": {126, false, []byte{0x82, 0x7e, 0x00, 0x7e}},
		"256 bytes":              {256, false, []byte{0x82, 0x7e, 0x01, 0x00}},
		"the last of two bytes":  {65535, false, []byte{0x82, 0x7e, 0xff, 0xff}},
		"64 KiB":                 {65536, false, []byte{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}},
		"masked":                 {5, true, []byte{0x82, 0x85, 0, 0, 0, 0}},
		"masked, 256 bytes":      {256, true, []byte{0x82, 0xfe, 0x01, 0x00, 0, 0, 0, 0}},
		"masked, 64 KiB":         {65536, true, []byte{0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := AppendWebSocketHead([]byte{9}, tt.n, tt.masked)
			if !bytes.Equal(got, append([]byte{9}, tt.want...)) {
				t.Errorf("%x", got)
			}
			if len(got)-1 > MaxWebSocketHead {
				t.Error("longer than the longest")
			}
		})
	}
}
