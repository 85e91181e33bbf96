package partial

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

func TestSpool(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, n := range []int{0, 1, 5000} { // 5000: more than its buffer
		s, err := NewSpool(t.Context(), root, "spool")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range n {
			note := FolderNote{Ours: i%2 == 0, Mode: 0o755, MTime: -int64(i), Path: fmt.Sprint("folder/", i)}
			want = append(want, fmt.Sprint(note))
			if err := s.Add(note.Append(nil)); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		read := func(b []byte) error {
			note, err := ParseFolderNote(b)
			got = append(got, fmt.Sprint(note))
			return err
		}
		if err := s.Forward(read); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d notes forward: %v, %d", n, err, len(got))
		}
		got = nil
		slices.Reverse(want)
		if err := s.Backward(read); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d notes backward: %v, %d", n, err, len(got))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLinkNote(t *testing.T) {
	want := LinkNote{Replace: true, MTime: -5, Name: "top/é", Taken: "mine/é", Path: "mine/é (1)", Target: "../x"}
	got, err := ParseLinkNote(want.Append(nil))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// Other programs may write to the spools.
func FuzzNotes(f *testing.F) {
	f.Add(LinkNote{Name: "a", Taken: "a", Path: "a (1)", Target: "b"}.Append(nil))
	f.Add(FolderNote{Path: "a"}.Append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := ParseLinkNote(b); err == nil {
			if back, err := ParseLinkNote(n.Append(nil)); err != nil || back != n {
				t.Errorf("%+v, %+v, %v", n, back, err)
			}
		}
		if n, err := ParseFolderNote(b); err == nil {
			if back, err := ParseFolderNote(n.Append(nil)); err != nil || back != n {
				t.Errorf("%+v, %+v, %v", n, back, err)
			}
		}
	})
}
