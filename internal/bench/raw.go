package main

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

// rawRecord is the size of a record on the wire, with its tag.
const rawRecord = 64 << 10

// raw sends the same number of encrypted bytes over one TCP connection, without a
// disk. Nothing that encrypts can be faster over one connection.
func (l *lab) raw(ctx context.Context, j job) (sample, error) {
	g := newGroup(ctx, j.work)
	defer g.end()
	size := strconv.FormatInt(j.source.bytes, 10)
	receiver, err := g.start(sideReceiver, j.to, nil, l.self, helperRawReceive, net.JoinHostPort(j.to.address, "0"), size)
	if err != nil {
		return sample{}, err
	}
	listening, err := receiver.first("listening")
	if err != nil {
		return sample{}, err
	}
	sender, err := g.start(sideSender, j.from, nil, l.self, helperRawSend, listening.Addr, size)
	if err != nil {
		return sample{}, err
	}
	for _, p := range []*process{sender, receiver} {
		if err := p.wait(); err != nil {
			return sample{}, err
		}
	}
	s := finish(sender.begun, sender, receiver)
	events, _ := receiver.all()
	s.First, s.Middle = rates(sender.begun, events, j.source.bytes)
	return s, nil
}

// rawCipher returns a cipher with a public key: only its speed matters.
func rawCipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher([]byte("a key that is known to everybody"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// rawSend is the process of the sender. Its arguments are an address and a number of
// bytes.
func rawSend(ctx context.Context, args []string) error {
	size, err := sizeArgument(args, 1)
	if err != nil {
		return err
	}
	aead, err := rawCipher()
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := sealTo(conn, aead, size); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		return fmt.Errorf("the receiver has not confirmed: %w", err)
	}
	return nil
}

// sealTo writes size bytes in records.
func sealTo(w io.Writer, aead cipher.AEAD, size int64) error {
	clear, sealed := make([]byte, rawRecord-aead.Overhead()), make([]byte, 0, rawRecord)
	nonce := make([]byte, aead.NonceSize())
	for counter := uint64(0); size > 0; counter++ {
		binary.BigEndian.PutUint64(nonce, counter)
		n := min(size, int64(len(clear)))
		if _, err := w.Write(aead.Seal(sealed, nonce, clear[:n], nil)); err != nil {
			return err
		}
		size -= n
	}
	return nil
}

// rawReceive is the process of the receiver. Its arguments are the address to listen
// on and a number of bytes.
func rawReceive(ctx context.Context, args []string) error {
	size, err := sizeArgument(args, 1)
	if err != nil {
		return err
	}
	aead, err := rawCipher()
	if err != nil {
		return err
	}
	conn, err := acceptOne(ctx, args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var m meter
	if err := openFrom(bufio.NewReaderSize(conn, 4*rawRecord), aead, size, m.add); err != nil {
		return err
	}
	m.end()
	_, err = conn.Write([]byte{1})
	return err
}

// openFrom reads size bytes in records, and calls took for each record.
func openFrom(r io.Reader, aead cipher.AEAD, size int64, took func(int)) error {
	buf, nonce := make([]byte, rawRecord), make([]byte, aead.NonceSize())
	for counter := uint64(0); size > 0; counter++ {
		binary.BigEndian.PutUint64(nonce, counter)
		rec := buf[:min(size+int64(aead.Overhead()), rawRecord)]
		if _, err := io.ReadFull(r, rec); err != nil {
			return err
		}
		clear, err := aead.Open(rec[:0], nonce, rec, nil)
		if err != nil {
			return errors.New("a record is not authentic")
		}
		took(len(clear))
		size -= int64(len(clear))
	}
	return nil
}

// acceptOne listens, writes an event with the address, and returns the first
// connection.
func acceptOne(ctx context.Context, address string) (net.Conn, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	writeEvent(os.Stdout, event{Event: "listening", Addr: listener.Addr().String()})
	return listener.Accept()
}
