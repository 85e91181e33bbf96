package webrtc

import (
	"encoding/json"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Candidate is an ICE candidate, with the fields of the W3C's
// RTCIceCandidateInit. A signal carries it as JSON.
type Candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment"`
}

func parseCandidate(body string) (Candidate, error) {
	var c Candidate
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return Candidate{}, fmt.Errorf("%w: an ICE candidate", wire.ErrMalformed)
	}
	return c, nil
}

func (c Candidate) format() (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode a candidate: %w", err)
	}
	return string(body), nil
}
