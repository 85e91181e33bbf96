package outbox

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Config configures an Outbox.
type Config struct {
	Service *stored.Service
	Mail    *Mail  // nil: mails fail
	Hooks   *Hooks // nil: nobody is called
	// Told is called after each attempt, for metrics; nil for nobody.
	Told func(what What, result Result)
	// Logger is told what an operator may want to know, and no address of a person.
	Logger *slog.Logger
	// Interval is how often it looks for what is due; 5 seconds by default.
	Interval time.Duration
	// Hold is for how long nobody else gets what was taken: longer than an attempt takes. 5
	// minutes by default.
	Hold time.Duration
	// Grace is how long an attempt that was begun may go on when the outbox ends; 5 seconds
	// by default.
	Grace time.Duration
}

// What is told.
type What string

// The things that are told.
const (
	MailOut  What = "mail"
	Callback What = "callback"
)

// Result is what became of an attempt.
type Result string

// The results.
const (
	Sent   Result = "sent"
	Again  Result = "retried" // it has failed, and is tried again
	Failed Result = "failed"  // for good
)

const (
	// batch is how many transfers are asked for at a time.
	batch = 256
	// maxAtOnce is how many transfers are worked on at a time, and maxMails how many mails
	// are sent at a time.
	maxAtOnce = 64
	maxMails  = 4
)

// Outbox does what is due.
type Outbox struct {
	config Config
	wake   chan struct{} // has one element when there may be something new
	slots  chan struct{} // one element for each transfer that is worked on
	mails  chan struct{} // and one for each mail

	mu      sync.Mutex
	working map[stored.ID]bool
	warned  time.Time // when the log was last told that mail does not work
}

// New returns an Outbox, which does nothing before Run.
func New(c Config) *Outbox {
	c.Interval = cmp.Or(c.Interval, 5*time.Second)
	c.Hold = cmp.Or(c.Hold, 5*time.Minute)
	c.Grace = cmp.Or(c.Grace, 5*time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Told == nil {
		c.Told = func(What, Result) {}
	}
	return &Outbox{
		config: c, wake: make(chan struct{}, 1), slots: make(chan struct{}, maxAtOnce), mails: make(chan struct{}, maxMails),
		working: make(map[stored.ID]bool),
	}
}

// Wake has the Outbox look at once for what is due.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run does what is due until ctx ends, and then waits for what it has begun, for Grace at
// most.
func (o *Outbox) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	tick := time.NewTicker(o.config.Interval)
	defer tick.Stop()
	broken := false
	for {
		ids, err := o.config.Service.Due(ctx, batch)
		if failed := err != nil && ctx.Err() == nil; failed != broken {
			broken = failed
			if failed {
				o.config.Logger.Warn("what is to be told of stored transfers cannot be read", "error", err)
			}
		}
		for _, id := range ids {
			if !o.begin(ctx, id) {
				continue
			}
			work.Go(func() {
				defer o.end(id)
				o.do(ctx, id)
			})
		}
		select {
		case <-tick.C:
		case <-o.wake:
		case <-ctx.Done():
			return
		}
	}
}

// begin takes a slot for a transfer, unless it is worked on already, or ctx ends.
func (o *Outbox) begin(ctx context.Context, id stored.ID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.working[id] || ctx.Err() != nil {
		return false
	}
	select {
	case o.slots <- struct{}{}:
		o.working[id] = true
		return true
	default: // it is still due the next time
		return false
	}
}

func (o *Outbox) end(id stored.ID) {
	o.mu.Lock()
	delete(o.working, id)
	o.mu.Unlock()
	<-o.slots
}

// do does what is due of a transfer, one after the other.
func (o *Outbox) do(ctx context.Context, id stored.ID) {
	for ctx.Err() == nil {
		mails := o.reserveMail()
		task, err := o.config.Service.Take(ctx, id, mails, o.config.Hold)
		if mails && (err != nil || task.Mail == nil) {
			<-o.mails
		}
		if err != nil {
			if !errors.Is(err, stored.ErrNothing) && ctx.Err() == nil {
				o.config.Logger.Debug("a stored transfer cannot be told of now", "error", err)
			}
			return
		}
		if task.Event != nil {
			o.call(ctx, task)
			continue
		}
		o.mail(ctx, task)
		<-o.mails
	}
}

// reserveMail reserves the right to send a mail, if that is free.
func (o *Outbox) reserveMail() bool {
	select {
	case o.mails <- struct{}{}:
		return true
	default:
		return false
	}
}

// graceful returns a context that ends Grace after ctx does, so that what was begun can
// come to its end.
func (o *Outbox) graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(o.config.Grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-late.Done():
		}
	})
	return late, func() { stop(); cancel() }
}

// settle keeps what became of a task. If that fails, as while Redis is away, it tries
// again until nobody else can have taken the task: what is forgotten here is done twice.
func (o *Outbox) settle(ctx context.Context, t stored.Task, result stored.Outcome) {
	deadline := time.Now().Add(o.config.Hold)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		late, cancel := o.graceful(ctx)
		err := o.config.Service.Settle(late, t, result)
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			o.config.Logger.Warn("what was told of a stored transfer could not be kept, and may be told again", "error", err)
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done(): // one last time
		}
		timer.Stop()
	}
}
