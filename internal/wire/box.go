package wire

import (
	"encoding/hex"
	"encoding/json"
	"time"
)

// The bodies of the requests to a relay's mailbox: POST /api/box/put, /api/box/watch and
// /api/box/delete. They are JSON, as those that open a room. Unknown fields are ignored.

// What there can be in them.
const (
	BoxMessageSize = 2000        // bytes of every message
	MaxBoxSlots    = 4096        // slots that one request watches
	MaxBoxBatch    = 64          // messages of an answer, and slots of a request to delete
	MaxBoxWait     = time.Minute // how long a request to watch may wait

	MaxBoxPutBody      = 8 << 10 // bytes; as the others below
	MaxBoxWatchBody    = 320 << 10
	MaxBoxDeleteBody   = 8 << 10
	MaxBoxMessagesBody = 256 << 10
)

// BoxSlot is the place of one message: 32 bytes that only the two devices can compute,
// written as 64 hex digits.
type BoxSlot [32]byte

// MarshalText writes hex digits.
func (s BoxSlot) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText reads hex digits.
func (s *BoxSlot) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return malformed("%d hex digits expected, got %d bytes", hex.EncodedLen(len(s)), len(text))
	}
	if _, err := hex.Decode(s[:], text); err != nil {
		return malformed("not hex digits")
	}
	return nil
}

// BoxPut puts a message into its slot.
//
//	{"slot":"<64 hex digits>","message":"<2,000 bytes in base64>","password":"…"}
type BoxPut struct {
	Slot     BoxSlot
	Message  []byte // of BoxMessageSize
	Password string // the relay's; empty for none
}

type boxPutJSON struct {
	Slot     *BoxSlot `json:"slot"`
	Message  []byte   `json:"message"`
	Password string   `json:"password,omitempty"`
}

// Append appends the JSON body to b.
func (r BoxPut) Append(b []byte) []byte {
	return appendJSON(b, boxPutJSON{&r.Slot, r.Message, r.Password})
}

// ParseBoxPut parses a JSON body.
func ParseBoxPut(b []byte) (BoxPut, error) {
	var v boxPutJSON
	if err := parseBoxJSON(b, MaxBoxPutBody, &v); err != nil {
		return BoxPut{}, err
	}
	if v.Slot == nil {
		return BoxPut{}, malformed("no slot")
	}
	if len(v.Message) != BoxMessageSize {
		return BoxPut{}, malformed("a message of %d bytes, not %d", len(v.Message), BoxMessageSize)
	}
	return BoxPut{*v.Slot, v.Message, v.Password}, checkBoxPassword(v.Password)
}

// BoxWatch asks for the messages in some slots, and waits for one if there is none.
//
//	{"slots":["<64 hex digits>",…],"wait":45,"password":"…"}
type BoxWatch struct {
	Slots    []BoxSlot     // 1 to MaxBoxSlots, each once
	Wait     time.Duration // in whole seconds, 0 to MaxBoxWait
	Password string        // the relay's; empty for none
}

type boxWatchJSON struct {
	Slots    []string `json:"slots"`
	Wait     int64    `json:"wait"`
	Password string   `json:"password,omitempty"`
}

// Append appends the JSON body to b.
func (r BoxWatch) Append(b []byte) []byte {
	return appendJSON(b, boxWatchJSON{slotTexts(r.Slots), int64(r.Wait / time.Second), r.Password})
}

// ParseBoxWatch parses a JSON body.
func ParseBoxWatch(b []byte) (BoxWatch, error) {
	var v boxWatchJSON
	if err := parseBoxJSON(b, MaxBoxWatchBody, &v); err != nil {
		return BoxWatch{}, err
	}
	slots, err := parseSlots(v.Slots, MaxBoxSlots)
	if err != nil {
		return BoxWatch{}, err
	}
	if v.Wait < 0 || v.Wait > int64(MaxBoxWait/time.Second) {
		return BoxWatch{}, malformed("a wait of %d seconds", v.Wait)
	}
	return BoxWatch{slots, time.Duration(v.Wait) * time.Second, v.Password}, checkBoxPassword(v.Password)
}

// BoxDelete removes the messages in some slots.
//
//	{"slots":["<64 hex digits>",…],"password":"…"}
type BoxDelete struct {
	Slots    []BoxSlot // 1 to MaxBoxBatch, each once
	Password string    // the relay's; empty for none
}

type boxDeleteJSON struct {
	Slots    []string `json:"slots"`
	Password string   `json:"password,omitempty"`
}

// Append appends the JSON body to b.
func (r BoxDelete) Append(b []byte) []byte {
	return appendJSON(b, boxDeleteJSON{slotTexts(r.Slots), r.Password})
}

// ParseBoxDelete parses a JSON body.
func ParseBoxDelete(b []byte) (BoxDelete, error) {
	var v boxDeleteJSON
	if err := parseBoxJSON(b, MaxBoxDeleteBody, &v); err != nil {
		return BoxDelete{}, err
	}
	slots, err := parseSlots(v.Slots, MaxBoxBatch)
	if err != nil {
		return BoxDelete{}, err
	}
	return BoxDelete{slots, v.Password}, checkBoxPassword(v.Password)
}

// BoxMessage is a message and where it is.
type BoxMessage struct {
	Slot    BoxSlot
	Message []byte // of BoxMessageSize
}

// BoxMessages is the answer to BoxWatch.
//
//	{"messages":[{"slot":"<64 hex digits>","message":"<2,000 bytes in base64>"},…]}
type BoxMessages struct {
	Messages []BoxMessage // at most MaxBoxBatch; each slot once
}

type boxMessageJSON struct {
	Slot    *BoxSlot `json:"slot"`
	Message []byte   `json:"message"`
}

type boxMessagesJSON struct {
	Messages []boxMessageJSON `json:"messages"`
}

// Append appends the JSON body to b.
func (r BoxMessages) Append(b []byte) []byte {
	v := boxMessagesJSON{Messages: make([]boxMessageJSON, 0, len(r.Messages))}
	for _, m := range r.Messages {
		v.Messages = append(v.Messages, boxMessageJSON{&m.Slot, m.Message})
	}
	return appendJSON(b, v)
}

// ParseBoxMessages parses a JSON body.
func ParseBoxMessages(b []byte) (BoxMessages, error) {
	var v boxMessagesJSON
	if err := parseBoxJSON(b, MaxBoxMessagesBody, &v); err != nil {
		return BoxMessages{}, err
	}
	if len(v.Messages) > MaxBoxBatch {
		return BoxMessages{}, malformed("%d messages, at most %d allowed", len(v.Messages), MaxBoxBatch)
	}
	var r BoxMessages
	seen := make(map[BoxSlot]bool, len(v.Messages))
	for _, m := range v.Messages {
		switch {
		case m.Slot == nil:
			return BoxMessages{}, malformed("no slot")
		case seen[*m.Slot]:
			return BoxMessages{}, malformed("a slot twice")
		case len(m.Message) != BoxMessageSize:
			return BoxMessages{}, malformed("a message of %d bytes, not %d", len(m.Message), BoxMessageSize)
		}
		seen[*m.Slot] = true
		r.Messages = append(r.Messages, BoxMessage{*m.Slot, m.Message})
	}
	return r, nil
}

// parseSlots parses 1 to most slots, each of which may be there once.
func parseSlots(texts []string, most int) ([]BoxSlot, error) {
	if len(texts) == 0 || len(texts) > most {
		return nil, malformed("%d slots, 1 to %d allowed", len(texts), most)
	}
	slots := make([]BoxSlot, len(texts))
	seen := make(map[BoxSlot]struct{}, len(texts))
	for i, text := range texts {
		if err := slots[i].UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		seen[slots[i]] = struct{}{}
	}
	if len(seen) != len(slots) {
		return nil, malformed("a slot twice")
	}
	return slots, nil
}

func slotTexts(slots []BoxSlot) []string {
	texts := make([]string, len(slots))
	for i, s := range slots {
		texts[i] = hex.EncodeToString(s[:])
	}
	return texts
}

func checkBoxPassword(password string) error {
	if password != "" && !ValidRelayPassword(password) {
		return malformed("a password of %d bytes, at most %d allowed", len(password), MaxRelayPassword)
	}
	return nil
}

func parseBoxJSON(b []byte, most int, v any) error {
	if len(b) > most {
		return malformed("a body of %d bytes, at most %d allowed", len(b), most)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return malformed("unexpected JSON: %v", err)
	}
	return nil
}
