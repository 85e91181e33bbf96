package session

import (
	"fmt"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// severalDepth is how many data records of a lane are sealed, and as many opened,
// at the same time. A browser's AES is ten times as fast as that of a program in
// WebAssembly, but an answer takes its time.
const severalDepth = 16

// severalRecords seals and opens data records by WebCrypto (SubtleCrypto), several
// at a time, and keeps their order. The counters, and so the nonces, are given in
// that order before. Where a page has no WebCrypto, because it did not come by
// HTTPS, they go one by one as on other machines.
type severalRecords struct {
	subtle js.Value // undefined if there is none

	turn    chan struct{} // lets one goroutine number and pass on a record
	outKey  js.Value      // of the epoch; owned by the holder of turn
	outCopy js.Value      // a Uint8Array for one plaintext; likewise
	sealed  chan sealing

	inKey  js.Value // owned by the reading goroutine, as is inCopy
	inCopy js.Value
	opened chan opening

	held promise.Held
}

// sealing is a record that is being sealed.
type sealing struct {
	head    []byte
	promise js.Value
}

// opening is a record that is being opened or, without a promise, the end of them:
// reached is closed when all before it are through.
type opening struct {
	promise js.Value
	reached chan struct{}
}

// start starts the goroutines that take records in their order. s.mu is
// held.
func (v *severalRecords) start(l *Lane) {
	v.subtle = js.Global().Get("crypto").Get("subtle")
	if v.subtle.IsUndefined() {
		return
	}
	bytes := js.Global().Get("Uint8Array")
	v.outCopy, v.inCopy = bytes.New(wire.MaxRecord), bytes.New(wire.MaxRecord)
	v.turn = make(chan struct{}, 1)
	v.sealed, v.opened = make(chan sealing, severalDepth), make(chan opening, severalDepth)
	l.session.running.Go(func() { v.writeSealed(l) })
	l.session.running.Go(func() { v.takeOpened(l) })
}

// send begins to seal a data record. It waits while severalDepth of them are
// not written yet.
func (v *severalRecords) send(l *Lane, parts ...[]byte) error {
	if v.subtle.IsUndefined() {
		return l.send(&l.dataOut, parts...)
	}
	select {
	case v.turn <- struct{}{}:
	case <-l.done:
		return l.err
	}
	defer func() { <-v.turn }()
	n := 0
	for _, p := range parts {
		if n+len(p) > wire.MaxPlaintext {
			return fmt.Errorf("a data record of over %d bytes", wire.MaxPlaintext)
		}
		n += js.CopyBytesToJS(v.outCopy.Call("subarray", n), p)
	}
	head := wire.AppendRecordHeader(nil, wire.RecordData, l.dataOut.counter)
	sealed, err := v.crypt(l, "encrypt", &l.dataOut, &v.outKey, head, v.outCopy.Call("subarray", 0, n))
	if err != nil {
		l.fail(err)
		return err
	}
	select {
	case v.sealed <- sealing{head, sealed}:
		return nil
	case <-l.done:
		return l.err
	}
}

// crypt begins to encrypt or decrypt the next record of a key. WebCrypto copies
// the text before the call returns.
func (v *severalRecords) crypt(l *Lane, operation string, k *recordKey, key *js.Value, head []byte, text js.Value) (js.Value, error) {
	if key.IsUndefined() || k.beginsEpoch() {
		raw, err := k.derive()
		if err != nil {
			return js.Undefined(), err
		}
		imported, err, ok := promise.AwaitUntil(l.done,
			v.subtle.Call("importKey", "raw", bytesOf(raw), "AES-GCM", false, []any{operation}))
		if !ok {
			return js.Undefined(), l.err
		}
		if err != nil {
			return js.Undefined(), fmt.Errorf("import a record key: %w", err)
		}
		*key = imported
	}
	var nonce [12]byte
	k.number(&nonce)
	return v.subtle.Call(operation, map[string]any{
		"name": "AES-GCM", "iv": bytesOf(nonce[:]), "additionalData": bytesOf(head), "tagLength": 8 * wire.RecordTag,
	}, *key, text), nil
}

// bytesOf returns a Uint8Array with a copy of b.
func bytesOf(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

// writeSealed is the goroutine that writes data records in their order.
func (v *severalRecords) writeSealed(l *Lane) {
	buf := make([]byte, wire.MaxRecord)
	for {
		select {
		case s := <-v.sealed:
			text, err, ok := promise.AwaitUntil(l.done, s.promise)
			if !ok {
				return
			}
			if err != nil {
				l.fail(fmt.Errorf("seal a record: %w", err))
				return
			}
			rec := append(buf[:0], s.head...)
			n := js.CopyBytesToGo(buf[len(rec):], js.Global().Get("Uint8Array").New(text))
			v.held.LetGo(n)
			if l.writeNext(buf[:len(rec)+n]) != nil {
				return
			}
		case <-l.done:
			return
		}
	}
}

// writeNext writes a record when it is its turn.
func (l *Lane) writeNext(rec []byte) error {
	select {
	case l.write <- struct{}{}:
	case <-l.done:
		return l.err
	}
	defer func() { <-l.write }()
	return l.writeRecord(rec)
}

// open begins to open a data record. It waits while severalDepth of them are
// not taken yet.
func (v *severalRecords) open(l *Lane, head []byte, r wire.Record) error {
	if v.subtle.IsUndefined() {
		return l.openNow(head, r)
	}
	if r.Counter != l.dataIn.counter {
		return errRecord
	}
	n := js.CopyBytesToJS(v.inCopy, r.Sealed)
	opened, err := v.crypt(l, "decrypt", &l.dataIn, &v.inKey, head, v.inCopy.Call("subarray", 0, n))
	if err != nil {
		return err
	}
	select {
	case v.opened <- opening{promise: opened}:
		return nil
	case <-l.done:
		return l.err
	}
}

// takeOpened is the goroutine that hands on the content of data records in their
// order.
func (v *severalRecords) takeOpened(l *Lane) {
	buf := make([]byte, wire.MaxRecord)
	for {
		select {
		case o := <-v.opened:
			if o.reached != nil {
				close(o.reached)
				continue
			}
			text, err, ok := promise.AwaitUntil(l.done, o.promise)
			if !ok {
				return
			}
			if err != nil {
				l.fail(errRecord)
				return
			}
			n := js.CopyBytesToGo(buf, js.Global().Get("Uint8Array").New(text))
			v.held.LetGo(n)
			if err := l.takeData(buf[:n]); err != nil {
				l.fail(err)
				return
			}
		case <-l.done:
			return
		}
	}
}

// await waits until the content of all data records that were read is handed
// on.
func (v *severalRecords) await(l *Lane) {
	if v.subtle.IsUndefined() {
		return
	}
	reached := make(chan struct{})
	select {
	case v.opened <- opening{reached: reached}:
	case <-l.done:
		return
	}
	select {
	case <-reached:
	case <-l.done:
	}
}
