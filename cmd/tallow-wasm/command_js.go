package main

import (
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/webfile"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// obey does what a command of the page says. None of them blocks.
func (w *worker) obey(c js.Value) {
	switch c.Get("do").String() {
	case "send":
		o := tallow.SendOptions{Text: text(c, "text")}
		if o.Text == "" {
			o.Source = webfile.New(c.Get("items"))
		}
		w.start(c, func(t *transfer, client *tallow.Client) { t.send(client, o) })
	case "store":
		o := storeOptions(c)
		w.start(c, func(t *transfer, client *tallow.Client) { t.store(client, o) })
	case "terms":
		go w.terms()
	case "receive":
		code := text(c, "code")
		w.start(c, func(t *transfer, client *tallow.Client) { t.receive(client, code) })
	case "answer":
		if w.transfer != nil {
			w.transfer.answer(c.Get("yes").Truthy())
		}
	case "unlock":
		if w.transfer != nil {
			w.transfer.unlock(text(c, "answer"))
		}
	case "pause":
		w.control(func(t *transfer) { t.controls.Pause() })
	case "resume":
		w.control(func(t *transfer) { t.controls.Resume() })
	case "cancel":
		w.control(func(t *transfer) { t.cancel() })
	case "complete":
		w.complete(text(c, "prefix"))
	case "list":
		go w.list()
	case "delete":
		go w.remove(text(c, "name"))
	case "save":
		go w.save(text(c, "name"))
	case "export":
		go w.export(text(c, "name"), c.Get("folder"))
	}
}

// text returns a field of a command, empty if it is not there.
func text(c js.Value, field string) string {
	if v := c.Get(field); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

func (w *worker) control(f func(*transfer)) {
	if w.transfer != nil {
		f(w.transfer)
	}
}

// start starts a transfer, unless one is running.
func (w *worker) start(c js.Value, do func(*transfer, *tallow.Client)) {
	if w.transfer != nil && !w.transfer.ended() {
		return
	}
	w.transfer = newTransfer(w, c.Get("verify").Truthy(), text(c, "password"))
	go w.transfer.run(do)
}

// complete tells the page how a code that is being typed may go on.
func (w *worker) complete(prefix string) {
	all := []any{}
	for _, s := range tallow.CompleteCode(prefix) {
		all = append(all, s)
	}
	w.post(map[string]any{"event": "completions", "prefix": prefix, "all": all})
}
