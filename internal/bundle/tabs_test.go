package bundle

import "testing"

// A process that begins a transfer is not disturbed by one that looks at what is
// kept: that one would take the new bundle, which has no offer yet, for a leftover.
func TestBeginWhileAnotherLooks(t *testing.T) {
	m := newMemory()
	s := openStore(t, m)
	looked := make(chan error, 1)
	m.between = func() {
		m.between = nil
		go func() {
			_, err := OpenStore(t.Context(), m)
			looked <- err
		}()
		select {
		case err := <-looked: // it did not wait
			looked <- err
		case <-m.waits:
		}
	}
	if err := s.Begin(t.Context(), []string{"photos"}, 0); err != nil {
		t.Fatal(err)
	}
	if err := <-looked; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if kept := openStore(t, m).Kept(); len(kept) != 1 {
		t.Errorf("%d transfers are kept", len(kept))
	}
}

// Two processes that receive things of the same name have a bundle each.
func TestTwoTransfersOfOneName(t *testing.T) {
	m := newMemory()
	first := openStore(t, m)
	for range 2 {
		s := openStore(t, m)
		if err := s.Begin(t.Context(), []string{"photos"}, 0); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
	}
	if err := first.Begin(t.Context(), []string{"photos"}, 0); err != nil { // which has seen neither
		t.Fatal(err)
	}
	defer first.Close()
	if all, err := m.List(t.Context()); err != nil || len(all) != 3 {
		t.Errorf("%d bundles: %v", len(all), err)
	}
}
