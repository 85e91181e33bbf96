package relay

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// termsReply says whether the relay stores something, and for whom. Without a store the
// other fields are missing.
type termsReply struct {
	Store        bool  `json:"store"`
	Token        bool  `json:"token,omitempty"` // who stores has to know one
	Life         int64 `json:"life,omitempty"`  // of a transfer, in seconds, unless its sender says otherwise
	MaxLife      int64 `json:"max_life,omitempty"`
	MaxSize      int64 `json:"max_size,omitempty"` // of a container, in bytes; 0: no limit is known
	MaxDownloads int   `json:"max_downloads,omitempty"`
}

// terms says what may be stored.
func (s *store) terms(w http.ResponseWriter, _ *http.Request, _ netip.Addr) error {
	t := s.service.Terms()
	return writeJSON(w, http.StatusOK, termsReply{
		Store: true, Token: s.closed, Life: int64(t.DefaultLife / time.Second), MaxLife: int64(t.MaxLife / time.Second),
		MaxSize: t.MaxSize, MaxDownloads: stored.MaxDownloads,
	})
}

// serveNoStore says that nothing is stored here. It is no error, so that a page that asks
// has none in its console.
func serveNoStore(w http.ResponseWriter, _ *http.Request) {
	_ = writeJSON(w, http.StatusOK, termsReply{}) // it can be encoded
}
