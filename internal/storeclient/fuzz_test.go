package storeclient

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"id":"000102030405060708090a0b0c0d0e0f","created":1,"expires":2,"max_part":1,"parts":[[0,2],[5,1]]}`))
	f.Add([]byte(`{"id":"000102030405060708090a0b0c0d0e0f","parts":[[-1,2]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var j stateJSON
		if json.Unmarshal(b, &j) != nil {
			return
		}
		s, err := j.state()
		if err != nil {
			return
		}
		if n := s.Count(); n < 0 || n > maxParts {
			t.Errorf("%s: %d parts", b, n)
		}
		for _, p := range s.Parts {
			if !s.Has(p.First) || !s.Has(p.First+p.Count-1) {
				t.Errorf("%s: the part %d is not there", b, p.First)
			}
		}
	})
}

func FuzzTerms(f *testing.F) {
	f.Add([]byte(`{"store":true,"token":true,"life":86400,"max_life":604800,"max_size":1,"max_downloads":1000}`))
	f.Add([]byte(`{"store":true,"life":9223372036854775807,"max_life":9223372036854775807,"max_downloads":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var j termsJSON
		if json.Unmarshal(b, &j) != nil {
			return
		}
		got, err := j.terms()
		if err == nil && (got.Life <= 0 || got.MaxLife < got.Life || got.MaxSize < 0 || got.MaxDownloads < 1) {
			t.Errorf("%s: %+v", b, got)
		}
	})
}

// A state of a mail that is taken can be one, and says what it says.
func FuzzMailState(f *testing.F) {
	f.Add([]byte(`{"name":"000102030405060708090a0b0c0d0e0f","to":"a@b.example","state":"sent","reason":"","changed":5}`))
	f.Add([]byte(`{"name":"000102030405060708090a0b0c0d0e0f00","state":"sent"}`))
	f.Add([]byte(`{"name":"0","state":"lost","changed":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var j mailJSON
		if json.Unmarshal(b, &j) != nil {
			return
		}
		m, err := j.state()
		if err != nil {
			return
		}
		if !strings.EqualFold(hex.EncodeToString(m.Name[:]), j.Name) || m.State != j.State || m.Changed.Unix() != j.Changed {
			t.Errorf("%s becomes %+v", b, m)
		}
		if strings.ContainsFunc(m.To+m.Reason, unicode.IsControl) {
			t.Errorf("%s: control characters in %+q", b, m)
		}
	})
}
