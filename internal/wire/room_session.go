package wire

import (
	"encoding/hex"
	"encoding/json"
	"time"
)

// The bodies of POST /api/session, which opens a room. They are JSON, so that
// a person can try the relay by hand; unknown fields are ignored.

// MaxSessionBody bounds each of these bodies, in bytes.
const MaxSessionBody = 4096

// SessionRequest asks for a room.
//
//	{"nonce":"<32 hex digits>","nameplate":"7"}
type SessionRequest struct {
	// Nonce is the sender's handshake nonce; the room gives it to both peers.
	Nonce [16]byte
	// Nameplate is the wanted number, or empty for one of the relay's choice.
	Nameplate string
}

type sessionRequestJSON struct {
	Nonce     *hex16 `json:"nonce"`
	Nameplate string `json:"nameplate,omitempty"`
}

// Append appends the JSON body to b.
func (r SessionRequest) Append(b []byte) []byte {
	nonce := hex16(r.Nonce)
	return appendJSON(b, sessionRequestJSON{Nonce: &nonce, Nameplate: r.Nameplate})
}

// ParseSessionRequest parses a JSON body.
func ParseSessionRequest(b []byte) (SessionRequest, error) {
	var v sessionRequestJSON
	if err := parseJSON(b, &v); err != nil {
		return SessionRequest{}, err
	}
	if v.Nonce == nil {
		return SessionRequest{}, malformed("no nonce")
	}
	if v.Nameplate != "" && !ValidNameplate(v.Nameplate) {
		return SessionRequest{}, malformed("a nameplate is a number of 1 to %d digits", MaxNameplateDigits)
	}
	return SessionRequest{Nonce: *v.Nonce, Nameplate: v.Nameplate}, nil
}

// SessionReply is the room that was opened, with status 201.
//
//	{"nameplate":"7","ticket":"<32 hex digits>","expires":3600}
type SessionReply struct {
	Nameplate string
	// Ticket admits the sender, and only the sender, to its seat.
	Ticket Ticket
	// Expires is how long the room waits for the code to be used, in whole seconds.
	Expires time.Duration
}

type sessionReplyJSON struct {
	Nameplate string `json:"nameplate"`
	Ticket    *hex16 `json:"ticket"`
	Expires   int64  `json:"expires"`
}

// Append appends the JSON body to b.
func (r SessionReply) Append(b []byte) []byte {
	ticket := hex16(r.Ticket)
	return appendJSON(b, sessionReplyJSON{r.Nameplate, &ticket, int64(r.Expires / time.Second)})
}

// ParseSessionReply parses a JSON body.
func ParseSessionReply(b []byte) (SessionReply, error) {
	var v sessionReplyJSON
	if err := parseJSON(b, &v); err != nil {
		return SessionReply{}, err
	}
	switch {
	case v.Ticket == nil:
		return SessionReply{}, malformed("no ticket")
	case !ValidNameplate(v.Nameplate):
		return SessionReply{}, malformed("not a nameplate")
	case v.Expires < 0 || v.Expires > int64(maxExpires/time.Second):
		return SessionReply{}, malformed("expires in %d seconds", v.Expires)
	}
	return SessionReply{
		Nameplate: v.Nameplate, Ticket: Ticket(*v.Ticket),
		Expires: time.Duration(v.Expires) * time.Second,
	}, nil
}

// maxExpires keeps Expires far from the end of time.Duration.
const maxExpires = 10 * 365 * 24 * time.Hour

// SessionError is the body of every refusal, with a status of 400 or above.
//
//	{"error":"taken","message":"…"}
type SessionError struct {
	Code    RoomErrorCode
	Message string // one sentence for a person
}

type sessionErrorJSON struct {
	Code    RoomErrorCode `json:"error"`
	Message string        `json:"message"`
}

// Append appends the JSON body to b.
func (e SessionError) Append(b []byte) []byte { return appendJSON(b, sessionErrorJSON(e)) }

// ParseSessionError parses a JSON body. A word that has no code here gives the
// zero code.
func ParseSessionError(b []byte) (SessionError, error) {
	var v sessionErrorJSON
	if err := parseJSON(b, &v); err != nil {
		return SessionError{}, err
	}
	if len(v.Message) > MaxRoomText {
		return SessionError{}, malformed("a message of %d bytes, at most %d allowed", len(v.Message), MaxRoomText)
	}
	return SessionError(v), nil
}

// Ticket admits a room's sender to its seat: 16 random bytes, written as 32
// hex digits.
type Ticket [16]byte

func (t Ticket) String() string { return hex.EncodeToString(t[:]) }

// hex16 is 16 bytes that JSON shows as 32 hex digits.
type hex16 [16]byte

func (h hex16) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

func (h *hex16) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return malformed("%d hex digits wanted, not %d bytes", hex.EncodedLen(len(h)), len(text))
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return malformed("not hex digits")
	}
	return nil
}

// appendJSON appends one of the structs above, none of which can fail to marshal.
func appendJSON(b []byte, v any) []byte {
	p, _ := json.Marshal(v)
	return append(b, p...)
}

func parseJSON(b []byte, v any) error {
	if len(b) > MaxSessionBody {
		return malformed("a body of %d bytes, at most %d allowed", len(b), MaxSessionBody)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return malformed("not the JSON expected: %v", err)
	}
	return nil
}
