package tallow_test

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	engine "github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// An error of this machine's disk has KindIO and the facts about it.
func TestDiskErrors(t *testing.T) {
	for _, tt := range []struct {
		cause error
		want  tallow.Error
	}{
		{&destination.SpaceError{Dir: "there", Needed: 5000}, tallow.Error{Reason: tallow.ReasonNoSpace, Path: "there", Bytes: 5000}},
		{&destination.SpaceError{Dir: "there", Needed: 5000, Quota: true}, tallow.Error{Reason: tallow.ReasonQuota, Path: "there", Bytes: 5000}},
		{&destination.WriteError{Place: "there", Err: fs.ErrInvalid}, tallow.Error{Reason: tallow.ReasonWrite, Path: "there", Detail: "invalid argument"}},
		{&destination.WriteError{Place: "there", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}}, tallow.Error{Reason: tallow.ReasonReadOnly, Path: "there", Detail: "read-only file system"}},
		{&destination.WriteError{Place: "there", Err: syscall.EACCES}, tallow.Error{Reason: tallow.ReasonPermission, Path: "there", Detail: "permission denied"}},
		{&destination.ExistsError{Path: "a.txt"}, tallow.Error{Reason: tallow.ReasonExists, Path: "a.txt"}},
	} {
		got := tallow.Explain(t.Context(), &engine.DiskError{Err: tt.cause})
		if got.Kind != tallow.KindIO || got.Reason != tt.want.Reason || got.Path != tt.want.Path || got.Bytes != tt.want.Bytes || got.Detail != tt.want.Detail {
			t.Errorf("%v: got %v, want %v", tt.cause, got, &tt.want)
		}
	}
}

// Every failure of a handshake has a Reason, and is never ReasonInternal.
func TestHandshakeErrors(t *testing.T) {
	for err, want := range map[error]tallow.Reason{
		handshake.ErrWrongCode:                               tallow.ReasonCodeWrong,
		handshake.ErrBurnt:                                   tallow.ReasonCodeUsed,
		handshake.ErrPoint:                                   tallow.ReasonHandshakeTampered,
		handshake.ErrReflected:                               tallow.ReasonHandshakeTampered,
		handshake.ErrOpening:                                 tallow.ReasonHandshakeTampered,
		&handshake.VersionError{What: "suite"}:               tallow.ReasonVersions,
		&handshake.AbortError{Reason: wire.AbortWrongCode}:   tallow.ReasonCodeWrong,
		&handshake.AbortError{Reason: wire.AbortVersion}:     tallow.ReasonVersions,
		&handshake.AbortError{Reason: wire.AbortMalformed}:   tallow.ReasonHandshakeAborted,
		&handshake.AbortError{Reason: 99}:                    tallow.ReasonHandshakeAborted,
		&link.HandshakeError{Failure: link.FailurePeerLeft}:  tallow.ReasonHandshakePeerLeft,
		&link.HandshakeError{Failure: link.FailureRelayLost}: tallow.ReasonHandshakeRelayLost,
		&link.HandshakeError{Failure: link.FailureTimeout}:   tallow.ReasonHandshakeTimeout,
		&link.HandshakeError{Failure: link.FailureMalformed}: tallow.ReasonHandshakeMalformed,
		link.ErrTriedBefore:                                  tallow.ReasonCodeTried,
	} {
		got := tallow.Explain(t.Context(), fmt.Errorf("wrapped: %w", err))
		if got.Reason != want || got.Kind != tallow.KindCode && want != tallow.ReasonVersions {
			t.Errorf("%v: %v, want %s", err, got, want)
		}
	}
}

// Every refusal by a relay has a Reason, for each role.
func TestRefusals(t *testing.T) {
	for code := wire.RoomUnknown; code <= wire.RoomWithdrawn+1; code++ {
		for _, e := range []rendezvous.RelayError{{Opening: true, Sending: true}, {Sending: true}, {}, {Resuming: true}} {
			e.Relay, e.Code, e.Message = "relay.example", code, "Because."
			got := tallow.Explain(t.Context(), &e)
			if got.Reason == tallow.ReasonInternal || got.Relay != "relay.example" {
				t.Errorf("%+v: %v", e, got)
			}
		}
	}
	for _, tt := range []struct {
		e    rendezvous.RelayError
		kind tallow.ErrorKind
		want tallow.Reason
	}{
		{rendezvous.RelayError{Code: wire.RoomUnknown}, tallow.KindCode, tallow.ReasonCodeUnknown},
		{rendezvous.RelayError{Code: wire.RoomWithdrawn}, tallow.KindCode, tallow.ReasonCodeUnknown},
		{rendezvous.RelayError{Code: wire.RoomUnknown, Sending: true}, tallow.KindCode, tallow.ReasonCodeLost},
		{rendezvous.RelayError{Code: wire.RoomFull}, tallow.KindCode, tallow.ReasonCodeBusy},
		{rendezvous.RelayError{Code: wire.RoomFull, Opening: true}, tallow.KindNetwork, tallow.ReasonRelayFull},
		{rendezvous.RelayError{Code: wire.RoomUnavailable, Opening: true}, tallow.KindNetwork, tallow.ReasonRelayUnavailable},
		{rendezvous.RelayError{Code: wire.RoomFull, Resuming: true}, tallow.KindNetwork, tallow.ReasonRelayFull},
		{rendezvous.RelayError{Code: wire.RoomExpired, Resuming: true}, tallow.KindNetwork, tallow.ReasonPeerNotBack},
		{rendezvous.RelayError{Code: wire.RoomExpired}, tallow.KindNetwork, tallow.ReasonCodeExpired},
	} {
		if got := tallow.Explain(t.Context(), &tt.e); got.Reason != tt.want || got.Kind != tt.kind {
			t.Errorf("%+v: %v, want %s", tt.e, got, tt.want)
		}
	}
}
