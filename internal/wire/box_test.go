package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// boxSlot is the slot 000102…1f, and boxSlotHex is how it is written.
func boxSlot() (s BoxSlot) {
	for i := range s {
		s[i] = byte(i)
	}
	return s
}

const boxSlotHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// boxMessage is a message of bytes of all kinds, and boxMessageBase64 is how it is
// written.
func boxMessage() []byte {
	m := make([]byte, BoxMessageSize)
	for i := range m {
		m[i] = byte(i * 7)
	}
	return m
}

func boxMessageBase64() string { return base64.StdEncoding.EncodeToString(boxMessage()) }

// Each body is exactly this text, and comes back from it.
func TestBoxBodies(t *testing.T) {
	for _, c := range []struct {
		message interface{ Append([]byte) []byte }
		parse   parser
		text    string
	}{
		{BoxPut{Slot: boxSlot(), Message: boxMessage()}, parserOf(ParseBoxPut), `{"slot":"` + boxSlotHex + `","message":"` + boxMessageBase64() + `"}`},
		{BoxPut{Slot: boxSlot(), Message: boxMessage(), Password: "pässword"}, parserOf(ParseBoxPut), `{"slot":"` + boxSlotHex + `","message":"` + boxMessageBase64() + `","password":"pässword"}`},
		{BoxWatch{Slots: []BoxSlot{boxSlot(), {}}, Wait: 45 * time.Second}, parserOf(ParseBoxWatch), `{"slots":["` + boxSlotHex + `","` + strings.Repeat("0", 64) + `"],"wait":45}`},
		{BoxWatch{Slots: []BoxSlot{boxSlot()}, Password: "password"}, parserOf(ParseBoxWatch), `{"slots":["` + boxSlotHex + `"],"wait":0,"password":"password"}`},
		{BoxDelete{Slots: []BoxSlot{boxSlot()}}, parserOf(ParseBoxDelete), `{"slots":["` + boxSlotHex + `"]}`},
		{BoxMessages{}, parserOf(ParseBoxMessages), `{"messages":[]}`},
		{BoxMessages{[]BoxMessage{{boxSlot(), boxMessage()}}}, parserOf(ParseBoxMessages), `{"messages":[{"slot":"` + boxSlotHex + `","message":"` + boxMessageBase64() + `"}]}`},
	} {
		if got := string(c.message.Append(nil)); got != c.text {
			t.Errorf("%T is written as %s, want %s", c.message, got, c.text)
		}
		if got, err := c.parse([]byte(c.text)); err != nil || !reflect.DeepEqual(got, c.message) {
			t.Errorf("%T came back as %+v, %v", c.message, got, err)
		}
		for n := range len(c.text) { // cut off anywhere
			if got, err := c.parse([]byte(c.text[:n])); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s was parsed as %+v, %v", c.text[:n], got, err)
			}
		}
	}
	if p, err := ParseBoxWatch([]byte(`{"slots":["` + strings.ToUpper(boxSlotHex) + `"],"more":[1]}`)); err != nil || p.Slots[0] != boxSlot() {
		t.Errorf("upper case, and a field more: %+v, %v", p, err)
	}
}

// The largest bodies that there can be are taken, and nothing that is larger.
func TestBoxLimits(t *testing.T) {
	slots := func(n int) []BoxSlot {
		all := make([]BoxSlot, n)
		for i := range all {
			all[i] = BoxSlot{byte(i), byte(i >> 8)}
		}
		return all
	}
	messages := func(n int) (m BoxMessages) {
		for _, s := range slots(n) {
			m.Messages = append(m.Messages, BoxMessage{s, boxMessage()})
		}
		return m
	}
	longest := strings.Repeat("\x01", MaxRelayPassword) // six bytes of JSON each
	long := longest + "p"
	for name, c := range map[string]struct {
		parse parser
		body  []byte
		ok    bool
	}{
		"the longest password":        {parserOf(ParseBoxPut), BoxPut{boxSlot(), boxMessage(), longest}.Append(nil), true},
		"a password too long":         {parserOf(ParseBoxPut), BoxPut{boxSlot(), boxMessage(), long}.Append(nil), false},
		"a longer message":            {parserOf(ParseBoxPut), BoxPut{boxSlot(), append(boxMessage(), 0), ""}.Append(nil), false},
		"a shorter message":           {parserOf(ParseBoxPut), BoxPut{boxSlot(), boxMessage()[1:], ""}.Append(nil), false},
		"a body too long":             {parserOf(ParseBoxPut), append(BoxPut{boxSlot(), boxMessage(), ""}.Append(nil), bytes.Repeat([]byte(" "), MaxBoxPutBody)...), false},
		"most slots":                  {parserOf(ParseBoxWatch), BoxWatch{slots(MaxBoxSlots), MaxBoxWait, longest}.Append(nil), true},
		"a slot too many":             {parserOf(ParseBoxWatch), BoxWatch{slots(MaxBoxSlots + 1), 0, ""}.Append(nil), false},
		"a second too long":           {parserOf(ParseBoxWatch), BoxWatch{slots(1), MaxBoxWait + time.Second, ""}.Append(nil), false},
		"a wait that is negative":     {parserOf(ParseBoxWatch), BoxWatch{slots(1), -time.Second, ""}.Append(nil), false},
		"watch with a long password":  {parserOf(ParseBoxWatch), BoxWatch{slots(1), 0, long}.Append(nil), false},
		"a slot twice":                {parserOf(ParseBoxWatch), BoxWatch{[]BoxSlot{{1}, {2}, {1}}, 0, ""}.Append(nil), false},
		"no slot":                     {parserOf(ParseBoxWatch), BoxWatch{}.Append(nil), false},
		"a slot that is null":         {parserOf(ParseBoxWatch), []byte(`{"slots":[null]}`), false},
		"most to delete":              {parserOf(ParseBoxDelete), BoxDelete{slots(MaxBoxBatch), longest}.Append(nil), true},
		"one too many to delete":      {parserOf(ParseBoxDelete), BoxDelete{slots(MaxBoxBatch + 1), ""}.Append(nil), false},
		"delete with a long password": {parserOf(ParseBoxDelete), BoxDelete{slots(1), long}.Append(nil), false},
		"most messages":               {parserOf(ParseBoxMessages), messages(MaxBoxBatch).Append(nil), true},
		"a message too many":          {parserOf(ParseBoxMessages), messages(MaxBoxBatch + 1).Append(nil), false},
		"a message twice":             {parserOf(ParseBoxMessages), BoxMessages{append(messages(1).Messages, messages(1).Messages...)}.Append(nil), false},
		"a message without a slot":    {parserOf(ParseBoxMessages), []byte(`{"messages":[{"message":"` + boxMessageBase64() + `"}]}`), false},
		"a message of another size":   {parserOf(ParseBoxMessages), []byte(`{"messages":[{"slot":"` + boxSlotHex + `","message":"AAAA"}]}`), false},
	} {
		if got, err := c.parse(c.body); c.ok != (err == nil) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d bytes, %v", name, len(c.body), err)
		} else if c.ok && !bytes.Equal(got.(interface{ Append([]byte) []byte }).Append(nil), c.body) {
			t.Errorf("%s: it came back as another", name)
		}
	}
	for n := range 67 { // of digits
		body := `{"slots":["` + strings.Repeat("a", n) + `"],"wait":` + strconv.Itoa(n%3) + `}`
		if _, err := ParseBoxWatch([]byte(body)); (err == nil) != (n == 64) {
			t.Errorf("a slot of %d digits: %v", n, err)
		}
	}
}

// FuzzBoxBody parses any bytes as each body of the mailbox: what parses is within the
// limits, and survives the way out and back in.
func FuzzBoxBody(f *testing.F) {
	for _, seed := range [][]byte{
		BoxPut{Slot: boxSlot(), Message: boxMessage(), Password: "p"}.Append(nil),
		BoxWatch{Slots: []BoxSlot{boxSlot(), {}}, Wait: time.Second}.Append(nil),
		BoxDelete{Slots: []BoxSlot{boxSlot()}}.Append(nil),
		BoxMessages{[]BoxMessage{{boxSlot(), boxMessage()}}}.Append(nil),
		[]byte(`{"slots":[null,"",7]}`),
		[]byte(`{"messages":[{"slot":null}]}`),
		[]byte(`null`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		back := func(m interface{ Append([]byte) []byte }, err error, parse parser) {
			t.Helper()
			if err != nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatal(err)
				}
				return
			}
			if again, err := parse(m.Append(nil)); err != nil || !reflect.DeepEqual(again, m) {
				t.Fatalf("%+v came back as %+v, %v", m, again, err)
			}
		}
		put, err := ParseBoxPut(b)
		if err == nil && len(put.Message) != BoxMessageSize {
			t.Fatalf("a message of %d bytes", len(put.Message))
		}
		back(put, err, parserOf(ParseBoxPut))
		watch, err := ParseBoxWatch(b)
		if err == nil && (len(watch.Slots) == 0 || len(watch.Slots) > MaxBoxSlots || watch.Wait < 0 || watch.Wait > MaxBoxWait) {
			t.Fatalf("%+v", watch)
		}
		back(watch, err, parserOf(ParseBoxWatch))
		remove, err := ParseBoxDelete(b)
		back(remove, err, parserOf(ParseBoxDelete))
		messages, err := ParseBoxMessages(b)
		if len(messages.Messages) > MaxBoxBatch {
			t.Fatalf("%d messages", len(messages.Messages))
		}
		back(messages, err, parserOf(ParseBoxMessages))
	})
}
