package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/relayed"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// How long one round measures, and how much is sent at once: about as much as a
// sealed record.
const (
	roundTime = time.Second
	chunk     = 65_500
)

// throughput compares what one pair gets through the relay with what it would get
// through a plain TCP splice. They take turns, and each round is compared with the
// splices right after it: what else the machine does changes from second to second.
func throughput(ctx context.Context, o options, relay *server, all *bars) error {
	var relayed, spliced, copied []float64
	for range o.rounds {
		for _, one := range []struct {
			rates *[]float64
			round func(context.Context) (float64, error)
		}{
			{&relayed, func(ctx context.Context) (float64, error) { return relayRound(ctx, relay.at.Relay) }},
			{&spliced, func(ctx context.Context) (float64, error) { return spliceRound(ctx, relay.at.Splice) }},
			{&copied, func(ctx context.Context) (float64, error) { return spliceRound(ctx, relay.at.Copy) }},
		} {
			rate, err := one.round(ctx)
			if err != nil {
				return err
			}
			*one.rates = append(*one.rates, rate)
		}
	}
	for _, splice := range []struct {
		name  string
		rates []float64
	}{
		{"in the kernel", spliced},
		{"that copies", copied},
	} {
		part := median(ratios(relayed, splice.rates))
		all.add(part >= 0.7, true, "relayed lane, of a TCP splice "+splice.name, "70 %",
			"%.0f %% (%.0f of %.0f MB/s)", 100*part, median(relayed)/1e6, median(splice.rates)/1e6)
	}
	return nil
}

// ratios divides each of a by the one of b in its round.
func ratios(a, b []float64) []float64 {
	all := make([]float64, len(a))
	for i := range a {
		all[i] = a[i] / b[i]
	}
	return all
}

// relayRound returns the bytes a second through one room, by the lane that transfers
// use.
func relayRound(ctx context.Context, addr string) (float64, error) {
	at, err := rendezvous.ParseRelay(addr)
	if err != nil {
		return 0, err
	}
	client := rendezvous.New(at, rendezvous.Options{Version: "load"})
	opened, err := client.Open(ctx, rendezvous.OpenRequest{})
	if err != nil {
		return 0, err
	}
	sender := relayed.New(ctx, opened)
	defer sender.Close()
	joined, err := client.Join(ctx, opened.Nameplate())
	if err != nil {
		return 0, err
	}
	receiver := relayed.New(ctx, joined)
	defer receiver.Close()
	buf := make([]byte, rendezvous.ReadSize)
	return flow(
		sender.WriteRecord,
		func() (int, error) {
			record, err := receiver.ReadRecord(buf)
			return len(record), err
		},
		func() { _ = sender.Close() },
	)
}

// spliceRound returns the bytes a second through a splice.
func spliceRound(ctx context.Context, splice string) (float64, error) {
	var dialer net.Dialer
	from, err := dialer.DialContext(ctx, "tcp", splice)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	to, err := dialer.DialContext(ctx, "tcp", splice)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	buf := make([]byte, 1+chunk)
	return flow(
		func(payload []byte) error { _, err := from.Write(payload); return err },
		func() (int, error) { return to.Read(buf) },
		func() { _ = from.Close() },
	)
}

// flow sends as fast as it can for roundTime, and returns the rate at which it
// arrives. hangUp ends both loops.
func flow(send func([]byte) error, receive func() (int, error), hangUp func()) (float64, error) {
	payload := make([]byte, chunk)
	begin := time.Now()
	sent := make(chan error, 1)
	go func() {
		for time.Since(begin) < roundTime {
			if err := send(payload); err != nil {
				sent <- err
				return
			}
		}
		hangUp()
		sent <- nil
	}()
	total := 0
	for {
		n, err := receive()
		total += n
		if err != nil {
			break
		}
	}
	took := time.Since(begin)
	if err := <-sent; err != nil {
		return 0, fmt.Errorf("throughput: %w", err)
	}
	return float64(total) / took.Seconds(), nil
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
