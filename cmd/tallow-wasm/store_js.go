package main

import (
	"errors"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/webfile"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// storeOptions reads what the page wants to have stored.
func storeOptions(c js.Value) tallow.StoreOptions {
	o := tallow.StoreOptions{
		Text: text(c, "text"), Expires: time.Duration(number(c, "expires")) * time.Second, Downloads: number(c, "downloads"),
		Password: text(c, "secret"), Token: text(c, "token"),
	}
	if o.Downloads == 0 {
		o.Downloads = tallow.AnyDownloads
	}
	if o.Text == "" {
		o.Source = webfile.New(c.Get("items"))
	}
	return o
}

// number returns a whole number of a command, 0 if it is not there.
func number(c js.Value, field string) int {
	if v := c.Get(field); v.Type() == js.TypeNumber {
		return v.Int()
	}
	return 0
}

// store leaves something at the relay. What is not stored as a whole does not stay there:
// nothing is kept here that could go on with it.
func (t *transfer) store(c *tallow.Client, o tallow.StoreOptions) {
	o.Controls, o.OnEvent = &t.controls, t.event
	_, _ = c.Store(t.ctx, o) // the last event has the result
}

// terms tells the page whether the relay stores something.
func (w *worker) terms() {
	client, err := newClient(w.scope, "")
	var t tallow.StoreTerms
	if err == nil {
		t, err = client.StoreTerms(w.ctx)
	}
	if err != nil {
		var known *tallow.Error
		none := errors.As(err, &known) && known.Reason == tallow.ReasonStoreNone
		w.post(map[string]any{"event": "terms", "store": false, "known": none})
		return
	}
	w.post(map[string]any{
		"event": "terms", "store": true, "known": true, "token": t.Token, "expires": t.Expires.Seconds(),
		"max_expires": t.MaxExpires.Seconds(), "max_bytes": t.MaxBytes, "max_downloads": t.MaxDownloads,
	})
}
