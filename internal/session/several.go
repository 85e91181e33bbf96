//go:build !js

package session

import "github.com/tallow-transfer/tallow/internal/wire"

// severalRecords is empty: a processor seals and opens records one after the other
// as fast as they can be carried.
type severalRecords struct{}

// start starts nothing.
func (severalRecords) start(*Lane) {}

// send seals and writes a data record.
func (severalRecords) send(l *Lane, parts ...[]byte) error { return l.send(&l.dataOut, parts...) }

// open opens a data record and hands on its content.
func (severalRecords) open(l *Lane, head []byte, r wire.Record) error { return l.openNow(head, r) }

// await has nothing to wait for.
func (severalRecords) await(*Lane) {}
