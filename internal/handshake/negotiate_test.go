package handshake

import (
	"errors"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name             string
		ours             supported
		versions, suites []uint16
		version, suite   uint16
		mismatch         string
	}{
		{"one each", current(), []uint16{2}, []uint16{1}, 2, 1, ""},
		{"highest in common", supported{[]uint16{1, 2, 3}, []uint16{1}}, []uint16{4, 1, 2}, []uint16{1}, 2, 1, ""},
		{"highest first in ours", supported{[]uint16{3, 2, 1}, []uint16{1}}, []uint16{1, 2, 3}, []uint16{1}, 3, 1, ""},
		{"our preference of suites", supported{[]uint16{1}, []uint16{2, 1}}, []uint16{1}, []uint16{1, 2}, 1, 2, ""},
		{"newer one only", current(), []uint16{3}, []uint16{1}, 0, 0, "version"},
		{"older one only", current(), []uint16{1}, []uint16{1}, 0, 0, "version"},
		{"version 0", current(), []uint16{0}, []uint16{1}, 0, 0, "version"},
		{"no versions", current(), nil, []uint16{1}, 0, 0, "version"},
		{"other suite", current(), []uint16{2}, []uint16{2, 0}, 0, 0, "suite"},
		{"no suites", current(), []uint16{2}, nil, 0, 0, "suite"},
	} {
		v, s, err := c.ours.choose(wire.Proposal{Versions: c.versions, Suites: c.suites})
		if v != c.version || s != c.suite || mismatchOf(err) != c.mismatch {
			t.Errorf("%s: version %d, suite %d, %v", c.name, v, s, err)
		}
	}
}

func mismatchOf(err error) string {
	if v, ok := errors.AsType[*VersionError](err); ok && errors.Is(err, ErrVersion) {
		return v.What
	}
	return ""
}

// Both sides say what each of them speaks, and the sender says it before it
// has done anything with the words.
func TestVersionMismatch(t *testing.T) {
	h := honestRun(t, 1)
	m1, err := wire.ParseM1(h.m1)
	must(t, err)
	m2, err := wire.ParseM2(h.m2)
	must(t, err)
	for _, c := range []struct {
		name             string
		versions, suites []uint16
		what             string
		ours             uint16
		theirs           []uint16
	}{
		{"newer versions", []uint16{3, 4}, []uint16{1}, "version", 2, []uint16{3, 4}},
		{"unknown suite", []uint16{2}, []uint16{9}, "suite", 1, []uint16{9}},
	} {
		proposal, err := wire.ParseProposal(m1.Proposal)
		must(t, err)
		proposal.Versions, proposal.Suites = c.versions, c.suites
		s, err := NewSender(params(2))
		must(t, err)
		_, err = s.HandleM1(wire.M1{Share: m1.Share, Proposal: proposal.Append(nil)}.Append(nil))
		expectMismatch(t, "sender, "+c.name, err, c.what, c.ours, c.theirs)

		choice, err := wire.ParseChoice(m2.Choice)
		must(t, err)
		choice.Version, choice.Suite = c.versions[0], c.suites[0]
		_, err = again(h.r).HandleM2(wire.M2{Share: m2.Share, Choice: choice.Append(nil)}.Append(nil))
		expectMismatch(t, "receiver, "+c.name, err, c.what, c.ours, c.theirs[:1])
	}
}

func expectMismatch(t *testing.T, who string, err error, what string, ours uint16, theirs []uint16) {
	t.Helper()
	v, ok := errors.AsType[*VersionError](err)
	if !ok || v.What != what || !slices.Equal(v.Theirs, theirs) || !slices.Equal(v.Ours, []uint16{ours}) {
		t.Errorf("%s: %v (%+v)", who, err, v)
	}
}

// A receiver of the future, which supports version 2 too, is understood; but a
// relay that takes its newer versions away is noticed, since the list is in the
// transcript.
func TestDowngradeIsNoticed(t *testing.T) {
	h := honestRun(t, 1)
	m1, err := wire.ParseM1(h.m1)
	must(t, err)
	proposal, err := wire.ParseProposal(m1.Proposal)
	must(t, err)
	proposal.Versions, proposal.Suites = []uint16{3, 2}, []uint16{7, 1}
	m1.Proposal = proposal.Append(nil)
	longer := m1.Append(nil)

	s, err := NewSender(params(2))
	must(t, err)
	m2, err := s.HandleM1(longer)
	must(t, err)
	answer, err := wire.ParseM2(m2)
	must(t, err)
	choice, err := wire.ParseChoice(answer.Choice)
	must(t, err)
	if choice.Version != 2 || choice.Suite != 1 {
		t.Errorf("chosen: version %d, suite %d", choice.Version, choice.Suite)
	}
	// To the receiver, the lists differ from those that it sent.
	if err := withM1(t, h, longer); !errors.Is(err, ErrWrongCode) {
		t.Errorf("changed lists: %v, want ErrWrongCode", err)
	}
}
