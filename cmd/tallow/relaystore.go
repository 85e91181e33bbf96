package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/operator"
	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/redisindex"
)

// storeSettings are the settings of what a relay keeps for receivers that come later.
type storeSettings struct {
	place       string // a folder, or s3://BUCKET/PREFIX
	index       string
	s3          s3Settings
	total       size
	perAddress  size
	perTransfer size
	transfers   int
	free        size
	expires     time.Duration
	maxExpires  time.Duration
	token       string
}

func (c *storeSettings) table() []settings.Setting {
	c.total, c.perAddress, c.perTransfer, c.free = 100<<30, 10<<30, 10<<30, 1<<30
	c.transfers = 1000
	c.expires, c.maxExpires = 24*time.Hour, 7*24*time.Hour
	own := []settings.Setting{
		{Name: "store", Value: &c.place, Help: "keep sealed transfers for receivers that come later, in this `PLACE`: a folder, or s3://BUCKET/PREFIX (default none are kept)"},
		{Name: "store-index", Value: &c.index, Help: "with s3:// and without --redis, the folder `DIR` with the records of what is kept there"},
		{Name: "store-total", Value: &c.total, Help: "the `SIZE` of all that is kept at most"},
		{Name: "store-per-address", Value: &c.perAddress, Help: "the `SIZE` of what one address may have there at most"},
		{Name: "store-per-transfer", Value: &c.perTransfer, Help: "the `SIZE` of one transfer at most"},
		{Name: "store-transfers-per-address", Value: &c.transfers, Help: "`number` of transfers that one address may have there, -1 for no limit"},
		{Name: "store-free", Value: &c.free, Help: "the `SIZE` of what stays free on the disk"},
		{Name: "store-expires", Value: &c.expires, Help: "how long a transfer is kept, unless its sender says otherwise"},
		{Name: "store-max-expires", Value: &c.maxExpires, Help: "how long it is kept at most, whatever its sender says"},
		{Name: "store-token", Value: &c.token, Secret: true, Help: "`TOKEN` without which nobody can store anything; better in the variable or the file"},
	}
	return append(own, c.s3.table()...)
}

// bucket returns the bucket and the prefix of a store in S3.
func (c *storeSettings) bucket() (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(c.place, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, prefix, ok
}

// dir returns the folder of the store, or of its records; empty if they are in Redis.
func (c *storeSettings) dir(redis string) string {
	switch _, _, s3 := c.bucket(); {
	case !s3:
		return c.place
	case redis != "":
		return ""
	}
	return c.index
}

// check rejects invalid values. where says where a setting was made.
func (c *storeSettings) check(where func(string) string, cluster bool) error {
	_, _, s3 := c.bucket()
	switch {
	case c.place != "" && !s3 && cluster:
		return usage("Give the relays a bucket: --store s3://BUCKET.", "%s is a folder, which several relays with --redis cannot share", where("store"))
	case s3 && c.index == "" && !cluster:
		return usage("Name a folder for the records of what is in the bucket.", "%s needs --store-index, or --redis", where("store"))
	case c.transfers == 0:
		return usage("Give it a number, or -1 for no limit.", "%s cannot be 0", where("store-transfers-per-address"))
	case c.expires < time.Second:
		return usage("Give it like 12h.", "%s has to be at least 1s", where("store-expires"))
	case c.maxExpires < c.expires:
		return usage("Give it like 168h.", "%s cannot be less than --store-expires", where("store-max-expires"))
	}
	if s3 {
		return c.s3.check(c, where)
	}
	return nil
}

// openedStore is a store that this process holds.
type openedStore struct {
	service *stored.Service
	dir     string   // where the operator reaches it while the relay runs; may be empty
	bucket  s3Bucket // nil if it is in a folder
	close   func()   // when the relay has ended
}

// openStore opens the store of the settings.
func (s *server) openStore(ctx context.Context) (openedStore, error) {
	c := &s.store
	opened := openedStore{dir: c.dir(s.cluster.redis), close: func() {}}
	var index stored.Index
	var blobs stored.Blobs
	if opened.dir == "" {
		shared, err := redisindex.Open(s.cluster.redis)
		if err != nil {
			return opened, err
		}
		opened.close, index = func() { _ = shared.Close() }, shared
	} else {
		disk, err := diskstore.Open(opened.dir)
		if err != nil {
			hint := "Choose another folder with --store, or see to it that this one can be written."
			if errors.Is(err, diskstore.ErrInUse) {
				hint = "Each relay needs a folder of its own."
			}
			return opened, &failure{kind: tallow.KindIO, message: "the store cannot be opened: " + cause(err), hint: hint, err: err}
		}
		opened.close, index, blobs = func() { _ = disk.Close() }, disk.Index, disk.Blobs
	}
	if _, _, s3 := c.bucket(); s3 {
		bucket, err := c.s3.open(ctx, c, s.getenv)
		if err != nil {
			opened.close()
			return opened, err
		}
		closeIndex := opened.close
		opened.close = func() {
			bucket.Close()
			closeIndex()
		}
		opened.bucket, blobs = bucket, c.s3.blobs(bucket)
	}
	opened.service = stored.New(index, blobs, stored.Config{
		Limits:      stored.Limits{Total: int64(c.total), PerClient: int64(c.perAddress), Transfers: max(c.transfers, 0)},
		PerTransfer: int64(c.perTransfer), FreeFloor: int64(c.free), DefaultLife: c.expires, MaxLife: c.maxExpires,
		Mails: s.mail.limits(),
	})
	return opened, nil
}

// openStoreThere opens a store that has to be there.
func (s *server) openStoreThere(ctx context.Context) (openedStore, error) {
	if dir := s.store.dir(s.cluster.redis); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "records")); err != nil {
			return openedStore{}, &failure{kind: tallow.KindIO, message: "the store cannot be opened: " + cause(err), hint: "Name the folder of the relay's --store, or --store-index.", err: err}
		}
	}
	return s.openStore(ctx)
}

// keep opens the store, if there is one, and serves its operator. close has to be
// called when the relay has ended.
func (s *server) keep(run *services) (closeStore func(), err error) {
	if s.store.place == "" {
		return func() {}, nil
	}
	account, err := s.mail.account(s.tls.acmeDomains, s.getenv)
	if err != nil {
		return nil, err
	}
	store, err := s.openStore(run.ctx)
	if err != nil {
		return nil, err
	}
	if store.bucket != nil {
		if err := s.prepareBucket(run.ctx, store.bucket); err != nil {
			store.close()
			return nil, err
		}
	}
	s.config.Store = &relay.StoreConfig{Service: store.service, Token: s.store.token, Outbox: outbox.Config{Mail: account, Hooks: s.mail.hooks()}}
	if store.dir == "" { // the operator needs Redis and the bucket, and not this relay
		return store.close, nil
	}
	listener, err := operator.Listen(run.ctx, store.dir)
	if err != nil {
		// The path may be too long for a socket. The relay is worth more.
		s.config.Logger.Warn("tallow relay store will not reach this relay", "error", err)
		return store.close, nil
	}
	run.add(func(ctx context.Context) error {
		return operator.Serve(ctx, listener, store.service, s.config.Logger)
	})
	return store.close, nil
}
