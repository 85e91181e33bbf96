package tallow

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// Stored is what the sender of a stored transfer has to keep: to go on with an upload
// that was interrupted, and to look after the transfer later. It is secret: whoever has
// it can read, extend and delete what is stored.
type Stored struct {
	ID        string    `json:"id"`
	Link      string    `json:"link"`  // for the receiver
	Owner     string    `json:"owner"` // the token that proves who the sender is, in hexadecimal
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"` // as far as it is known here
	Downloads int       `json:"downloads"`
	Password  bool      `json:"password"` // it takes a password, too
	Complete  bool      `json:"complete"` // everything is stored

	Names []string `json:"names"` // as in an Offer
	Files int64    `json:"files"`
	Bytes int64    `json:"bytes"`
	Text  bool     `json:"text"`

	// Words are those under which the relay has the key: PutStoredWords. Who keeps a Stored
	// sets them; Store does not.
	Words []string `json:"words,omitempty"`
	// Notify is the URL that the relay tells what becomes of it.
	Notify string `json:"notify,omitempty"`

	// What it takes to go on with an upload.
	Header []byte `json:"header"` // of the container
	Layout []byte `json:"layout"` // by which files that have changed are noticed
	Size   int64  `json:"size"`   // of the container, in bytes
}

// Relay returns the address of the relay that has it: a URL.
func (s Stored) Relay() string {
	l, err := storelink.Parse(s.Link)
	if err != nil {
		return ""
	}
	return l.Relay
}

// StoredKeeper keeps what a Store needs again after its process has ended. Its errors
// end a Store: a keeper that can be done without returns nil and none.
type StoredKeeper interface {
	// Take returns what an interrupted Store left under a key, the newest first, and
	// reserves it for this process; nil if there is nothing.
	Take(ctx context.Context, key []byte) (StoredRecord, error)
	// Add keeps something new, and reserves it for this process. It has to be on the disk
	// once Add returns.
	Add(ctx context.Context, key []byte, s Stored) (StoredRecord, error)
}

// StoredRecord is something that a StoredKeeper keeps.
type StoredRecord interface {
	// Stored returns it.
	Stored() Stored
	// Save keeps it as it is now.
	Save(ctx context.Context, s Stored) error
	// Remove forgets it.
	Remove(ctx context.Context) error
	// Close lets other processes take it.
	Close() error
}

// StoredState is how far a stored transfer is, as its relay says.
type StoredState struct {
	Complete  bool // everything is stored
	Expires   time.Time
	Size      int64 // of the sealed bytes, once it is complete
	Downloads int   // how many there may be; 0: any number
	Done      int   // how many there were
	Fetching  int   // receivers that fetch it now
	// Opened is when a receiver has first asked what it is; zero: none has.
	Opened time.Time
	Mail   bool // the relay sends mails: SendStoredMail
}

// StoreTerms are what the store of a relay takes, and from whom.
type StoreTerms struct {
	Token        bool          // who stores has to know one: StoreOptions.Token
	Expires      time.Duration // how long a transfer lives unless StoreOptions say otherwise
	MaxExpires   time.Duration
	MaxBytes     int64 // of a transfer, sealed; 0: no limit is known
	MaxDownloads int   // unless any number is allowed
}

// StoreTerms asks the relay of the client for the terms of its store. Errors are of type
// *Error; ReasonStoreNone says that it has no store.
func (c *Client) StoreTerms(ctx context.Context) (StoreTerms, error) {
	store, err := c.ownStore()
	if err != nil {
		return StoreTerms{}, err
	}
	defer store.Close()
	t, err := store.Terms(ctx)
	if err != nil {
		e := explain(ctx, err)
		e.Sending, e.Stored = true, true
		return StoreTerms{}, e
	}
	return StoreTerms{
		Token: t.Token, Expires: t.Life, MaxExpires: t.MaxLife, MaxBytes: t.MaxSize, MaxDownloads: t.MaxDownloads,
	}, nil
}

// StoredState asks the relay how far a stored transfer is. Errors are of type *Error;
// ReasonStoredUnknown says that it is gone.
func (c *Client) StoredState(ctx context.Context, s Stored) (StoredState, error) {
	return c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		return store.State(ctx, id, owner)
	})
}

// ExtendStored makes a stored transfer expire that long from now, as far as the relay
// lets it. Errors are those of StoredState.
func (c *Client) ExtendStored(ctx context.Context, s Stored, life time.Duration) (StoredState, error) {
	return c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		return store.Extend(ctx, id, owner, life)
	})
}

// DeleteStored removes a stored transfer from its relay. Errors are those of StoredState.
func (c *Client) DeleteStored(ctx context.Context, s Stored) error {
	_, err := c.manage(ctx, s, func(store *storeclient.Client, id storelink.ID, owner storeclient.Token) (storeclient.State, error) {
		return storeclient.State{}, store.Delete(ctx, id, owner)
	})
	return err
}

// manage makes a call about a stored transfer.
func (c *Client) manage(ctx context.Context, s Stored, call func(*storeclient.Client, storelink.ID, storeclient.Token) (storeclient.State, error)) (StoredState, error) {
	l, owner, err := s.parse()
	if err != nil {
		return StoredState{}, err
	}
	store, err := c.storeOf(l)
	if err != nil {
		return StoredState{}, err
	}
	defer store.Close()
	state, err := call(store, l.ID, owner)
	if err != nil {
		e := explain(ctx, err)
		e.Sending, e.Stored = true, true
		return StoredState{}, e
	}
	return StoredState{
		Complete: state.Complete, Expires: state.Expires, Size: state.Size,
		Downloads: state.Downloads, Done: state.Done, Fetching: state.Fetching, Opened: state.Opened, Mail: state.Mail,
	}, nil
}

// parse returns the link and the token.
func (s Stored) parse() (l storelink.Link, owner storeclient.Token, err error) {
	if l, err = storelink.Parse(s.Link); err != nil {
		return l, owner, linkError(err)
	}
	token, err := hex.DecodeString(s.Owner)
	if err != nil || len(token) != len(owner) {
		return l, owner, &Error{Kind: KindIO, Reason: ReasonDisk, Detail: "what was kept of the stored transfer is damaged", Err: err}
	}
	return l, storeclient.Token(token), nil
}

// ownStore returns a client of the store of the relay that this client was made with.
func (c *Client) ownStore() (*storeclient.Client, error) {
	if c.link.Relay == "" {
		return nil, usage(ReasonStoreNoRelay)
	}
	endpoint, err := rendezvous.ParseRelay(c.link.Relay)
	if err != nil {
		return nil, &Error{Kind: KindUsage, Reason: ReasonRelayName, Relay: c.link.Relay, Detail: err.Error(), Err: err}
	}
	return storeclient.New(rendezvous.New(endpoint, rendezvous.Options{
		Version: c.link.Version, Logger: c.link.Logger, Pins: c.link.RelayPins,
	})), nil
}
