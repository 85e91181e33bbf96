package wire

import (
	"encoding/hex"
	"encoding/json"
	"time"
)

// The bodies of POST /api/session, which opens a room. They are JSON, so that
// a person can try the relay by hand. Unknown fields are ignored.

// MaxRoomBody is the size of the largest of these bodies, in bytes.
const MaxRoomBody = 4096

// OpenRequest asks for a room.
//
//	{"nonce":"<32 hex digits>","nameplate":"7","words":3,"password":"…"}
type OpenRequest struct {
	// Nonce is the sender's handshake nonce. The room gives it to both peers.
	Nonce [16]byte
	// Nameplate is the nameplate to use, or empty to let the relay choose.
	Nameplate string
	// Words is how many words the code has, MinRoomWords to MaxRoomWords, for the
	// receiver to compare with what was typed; 0 if the sender does not say.
	Words int
	// Password is the relay's, which a closed relay asks for; empty for none.
	Password string
}

type openRequestJSON struct {
	Nonce     *hex16 `json:"nonce"`
	Nameplate string `json:"nameplate,omitempty"`
	Words     int    `json:"words,omitempty"`
	Password  string `json:"password,omitempty"`
}

// Append appends the JSON body to b.
func (r OpenRequest) Append(b []byte) []byte {
	nonce := hex16(r.Nonce)
	return appendJSON(b, openRequestJSON{Nonce: &nonce, Nameplate: r.Nameplate, Words: r.Words, Password: r.Password})
}

// ParseOpenRequest parses a JSON body.
func ParseOpenRequest(b []byte) (OpenRequest, error) {
	var v openRequestJSON
	if err := parseJSON(b, &v); err != nil {
		return OpenRequest{}, err
	}
	if v.Nonce == nil {
		return OpenRequest{}, malformed("no nonce")
	}
	if v.Nameplate != "" && !ValidNameplate(v.Nameplate) {
		return OpenRequest{}, malformed("a nameplate is a number of 1 to %d digits", MaxNameplateDigits)
	}
	if v.Words != 0 && (v.Words < MinRoomWords || v.Words > MaxRoomWords) {
		return OpenRequest{}, malformed("a code of %d words", v.Words)
	}
	if v.Password != "" && !ValidRelayPassword(v.Password) {
		return OpenRequest{}, malformed("a password of %d bytes, at most %d allowed", len(v.Password), MaxRelayPassword)
	}
	return OpenRequest{Nonce: *v.Nonce, Nameplate: v.Nameplate, Words: v.Words, Password: v.Password}, nil
}

// OpenReply describes the room that was opened. Its status is 201.
//
//	{"nameplate":"7","ticket":"<32 hex digits>","expires":3600}
type OpenReply struct {
	Nameplate string
	// Ticket lets the sender, and nobody else, join as the sender.
	Ticket Ticket
	// Expires is how long the room waits for the code to be used, in whole seconds.
	Expires time.Duration
}

type openReplyJSON struct {
	Nameplate string `json:"nameplate"`
	Ticket    *hex16 `json:"ticket"`
	Expires   int64  `json:"expires"`
}

// Append appends the JSON body to b.
func (r OpenReply) Append(b []byte) []byte {
	ticket := hex16(r.Ticket)
	return appendJSON(b, openReplyJSON{r.Nameplate, &ticket, int64(r.Expires / time.Second)})
}

// ParseOpenReply parses a JSON body.
func ParseOpenReply(b []byte) (OpenReply, error) {
	var v openReplyJSON
	if err := parseJSON(b, &v); err != nil {
		return OpenReply{}, err
	}
	switch {
	case v.Ticket == nil:
		return OpenReply{}, malformed("no ticket")
	case !ValidNameplate(v.Nameplate):
		return OpenReply{}, malformed("not a nameplate")
	case v.Expires < 0 || v.Expires > int64(maxExpires/time.Second):
		return OpenReply{}, malformed("expires in %d seconds", v.Expires)
	}
	return OpenReply{
		Nameplate: v.Nameplate, Ticket: Ticket(*v.Ticket),
		Expires: time.Duration(v.Expires) * time.Second,
	}, nil
}

// maxExpires keeps Expires well within the range of time.Duration.
const maxExpires = 10 * 365 * 24 * time.Hour

// Refusal is the body of every HTTP answer with a status of 400 or above.
//
//	{"error":"taken","message":"…"}
type Refusal struct {
	Code    RoomErrorCode
	Message string // one sentence for a person
}

type refusalJSON struct {
	Code    RoomErrorCode `json:"error"`
	Message string        `json:"message"`
}

// Append appends the JSON body to b.
func (r Refusal) Append(b []byte) []byte { return appendJSON(b, refusalJSON(r)) }

// ParseRefusal parses a JSON body. A word that has no code here gives the zero
// code.
func ParseRefusal(b []byte) (Refusal, error) {
	var v refusalJSON
	if err := parseJSON(b, &v); err != nil {
		return Refusal{}, err
	}
	if len(v.Message) > MaxRoomText {
		return Refusal{}, malformed("a message of %d bytes, at most %d allowed", len(v.Message), MaxRoomText)
	}
	return Refusal(v), nil
}

// Ticket lets a room's sender join it: 16 random bytes, written as 32 hex
// digits in JSON.
type Ticket [16]byte

func (t Ticket) String() string { return hex.EncodeToString(t[:]) }

// hex16 is 16 bytes that JSON shows as 32 hex digits.
type hex16 [16]byte

func (h hex16) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

func (h *hex16) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return malformed("%d hex digits expected, got %d bytes", hex.EncodedLen(len(h)), len(text))
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
	if len(b) > MaxRoomBody {
		return malformed("a body of %d bytes, at most %d allowed", len(b), MaxRoomBody)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return malformed("unexpected JSON: %v", err)
	}
	return nil
}
