package tallow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// DefaultExpires is how long a stored transfer lives unless StoreOptions say otherwise.
const DefaultExpires = 24 * time.Hour

// MaxDownloads is how often a stored transfer may be fetched at most, unless any number
// is allowed.
const MaxDownloads = 1000

// AnyDownloads lets a stored transfer be fetched as often as anyone likes.
const AnyDownloads = -1

// StoreOptions say what to store, and for whom. Exactly one of Paths, Stream, Text and
// Source is given.
type StoreOptions struct {
	Paths  []string     // as in SendOptions, and so are the next ones
	Stream io.Reader    // read to its end before anything is stored
	Text   string       //
	Source files.Source //

	StreamName   string
	Links        Links
	RenameUnsafe bool
	Rules        []Rule
	GitIgnore    bool

	// Expires is how long the transfer lives once it is stored; default DefaultExpires. The
	// relay may shorten it.
	Expires time.Duration
	// Downloads is how often it may be fetched; 0: once, AnyDownloads: any number of times.
	Downloads int
	// Password is what a receiver needs besides the link; empty: nothing.
	Password string
	// Token is what the store of the relay asks for, if it is closed.
	Token string
	// Notify is an https URL that the relay tells what becomes of the transfer; empty: none.
	// A relay that does not do that stores nothing: ReasonNotifyOff.
	Notify string
	// RelayMail says that the relay has to send mails: SendStoredMail. One that does not
	// stores nothing: ReasonMailOff.
	RelayMail bool

	// Keeper keeps what is needed to go on with an upload that was interrupted, and to
	// look after what is stored; nil: nobody does. A Store of the same Paths with the same
	// options goes on where an interrupted one has ended.
	Keeper StoredKeeper
	// ReconnectTimeout is how long to wait for the relay to come back; default
	// DefaultReconnectTimeout.
	ReconnectTimeout time.Duration
	// LimitRate is the largest rate, in bytes a second; 0: no limit.
	LimitRate int64
	// Controls, if set, pause and resume the upload.
	Controls *Controls
	// OnEvent is called with each event. The first is a StateEvent, the last an EndEvent,
	// and the one before it a StoredEvent if all is stored. It may be nil.
	OnEvent func(Event)
}

// StoredEvent says that a transfer is stored as a whole.
type StoredEvent struct {
	Link      string // for the receiver: whoever has it reads what is stored
	ID        string
	Relay     string // the URL of the relay that has it
	Expires   time.Time
	Downloads int // how many there may be; 0: any number
}

func (StoredEvent) event() {}

// StoreResumeEvent says that a Store found what an interrupted one had left.
type StoreResumeEvent struct {
	// Anew says why nothing of it can be used, so that everything is stored once more
	// under another link; empty: the Store goes on with it.
	Anew AnewReason
}

func (StoreResumeEvent) event() {}

// AnewReason says why a Store cannot go on with what an interrupted one had left.
type AnewReason string

// The reasons to begin anew.
const (
	AnewChanged  AnewReason = "changed"  // the files have changed
	AnewPassword AnewReason = "password" // it has another password
	AnewGone     AnewReason = "gone"     // the relay does not have it any more
)

// Store seals files and folders, and leaves them with the relay for receivers that come
// later. A StoredEvent has the link for them. The relay sees the sealed bytes and not the
// link's key. Files that cannot be read are left out, with KindPartial.
//
// Errors are of type *Error. One with Kept says that the same Store can go on.
func (c *Client) Store(ctx context.Context, o StoreOptions) (Result, error) {
	t := newRun(true, o.OnEvent, o.Controls)
	t.stored = true
	r, err := c.store(ctx, t, o)
	return t.end(ctx, r, err)
}

// send returns the options that Send has, too.
func (o StoreOptions) send() SendOptions {
	return SendOptions{
		Paths: o.Paths, Stream: o.Stream, Text: o.Text, Source: o.Source, StreamName: o.StreamName,
		Links: o.Links, RenameUnsafe: o.RenameUnsafe, Rules: o.Rules, GitIgnore: o.GitIgnore,
	}
}

// downloads returns how often it may be fetched, as the store takes it.
func (o StoreOptions) downloads() int {
	if o.Downloads == AnyDownloads {
		return 0
	}
	return cmp.Or(o.Downloads, 1)
}

// key names what an interrupted Store of the same things to the same relay left. It is
// nil if they cannot be read again.
func (o StoreOptions) key(relay string) []byte {
	if len(o.Paths) == 0 {
		return nil
	}
	same := struct {
		Relay        string
		Paths        []string
		Links        Links
		RenameUnsafe bool
		Rules        []Rule
		GitIgnore    bool
		Downloads    int
		Password     bool
		Notify       string `json:",omitempty"`
	}{relay, nil, o.Links, o.RenameUnsafe, o.Rules, o.GitIgnore, o.downloads(), o.Password != "", o.Notify}
	for _, path := range o.Paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil
		}
		same.Paths = append(same.Paths, abs)
	}
	b, err := json.Marshal(same)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// check rejects options that cannot be.
func (o StoreOptions) check() error {
	switch {
	case o.LimitRate < 0:
		return usage(ReasonNegativeLimit)
	case o.Downloads > MaxDownloads || o.Downloads < AnyDownloads:
		return &Error{Kind: KindUsage, Reason: ReasonStoreDownloads, Count: MaxDownloads}
	case o.Expires < 0 || o.Expires > 0 && o.Expires < time.Second:
		return usage(ReasonStoreExpires)
	}
	return checkNotify(o.Notify)
}

// maxNotify bounds a URL that is told what becomes of a transfer, in bytes.
const maxNotify = 1000

// checkNotify rejects what cannot be a URL to notify. Which ones it calls the relay
// decides.
func checkNotify(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	var why string
	switch {
	case err != nil || u.Host == "":
		why = "it is not a URL"
	case u.Scheme != "https" && u.Scheme != "http":
		why = "it has to begin with https://"
	case u.User != nil || u.Fragment != "":
		why = "it has a user name or a fragment in it"
	case len(text) > maxNotify:
		why = "it is too long"
	default:
		return nil
	}
	return &Error{Kind: KindUsage, Reason: ReasonNotifyURL, Detail: why, Err: err}
}

func (c *Client) store(ctx context.Context, t *transferRun, o StoreOptions) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	store, err := c.ownStore()
	if err != nil {
		return Result{}, err
	}
	defer store.Close()
	source, err := o.send().source(ctx, c.descriptors)
	if err != nil {
		return Result{}, err
	}
	defer source.Close()
	if err := t.check(ctx, source); err != nil {
		return Result{}, err
	}
	t.begin()
	t.tellRenamed(source)
	return c.storeSource(ctx, t, o, source, store)
}

// storeSource stores what a source has.
func (c *Client) storeSource(ctx context.Context, t *transferRun, o StoreOptions, source files.Source, store *storeclient.Client) (Result, error) {
	summary, err := archive.Survey(ctx, source, o.Text != "")
	if err != nil {
		return Result{}, err
	}
	s := &storing{
		client: c, run: t, o: o, relay: store, source: source, summary: summary,
		outage: &outage{run: t, patience: o.ReconnectTimeout},
	}
	defer s.close(ctx)
	return s.store(ctx)
}
