package disk

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
		s, err := newSpool(root, "spool")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range n {
			note := folderNote{ours: i%2 == 0, mode: 0o755, mtime: -int64(i), path: fmt.Sprint("folder/", i)}
			want = append(want, fmt.Sprint(note))
			if err := s.add(note.append(nil)); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		read := func(b []byte) error {
			note, err := parseFolderNote(b)
			got = append(got, fmt.Sprint(note))
			return err
		}
		if err := s.forward(read); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d notes forward: %v, %d", n, err, len(got))
		}
		got = nil
		slices.Reverse(want)
		if err := s.backward(read); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d notes backward: %v, %d", n, err, len(got))
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLinkNote(t *testing.T) {
	want := linkNote{replace: true, mtime: -5, path: "top/é", target: "../x"}
	got, err := parseLinkNote(want.append(nil))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// The spools are on a disk that others may write to.
func FuzzNotes(f *testing.F) {
	f.Add(linkNote{path: "a", target: "b"}.append(nil))
	f.Add(folderNote{path: "a"}.append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := parseLinkNote(b); err == nil {
			if back, err := parseLinkNote(n.append(nil)); err != nil || back != n {
				t.Errorf("%+v, %+v, %v", n, back, err)
			}
		}
		if n, err := parseFolderNote(b); err == nil {
			if back, err := parseFolderNote(n.append(nil)); err != nil || back != n {
				t.Errorf("%+v, %+v, %v", n, back, err)
			}
		}
	})
}
