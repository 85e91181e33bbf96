package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// ErrNoRelay is the error of Dial if no relay serves there.
var ErrNoRelay = errors.New("no relay runs with this store")

// Client talks to a running relay.
type Client struct{ http *http.Client }

// Dial connects to the relay that has the store in a folder. The error may be
// ErrNoRelay.
func Dial(ctx context.Context, dir string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(dir, socketName))
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRelay, err)
	}
	_ = conn.Close()
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}, nil
}

// call makes a request. The caller closes the body.
func (c *Client) call(ctx context.Context, method, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://relay"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, stored.ErrUnknown
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
	return nil, fmt.Errorf("the relay answers %s: %s", resp.Status, strings.TrimSpace(string(text)))
}

// Each calls visit with each transfer, until it returns an error, which Each returns.
func (c *Client) Each(ctx context.Context, visit func(Transfer) error) error {
	resp, err := c.call(ctx, http.MethodGet, "/stored")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	decoder := json.NewDecoder(resp.Body)
	for {
		var t Transfer
		if err := decoder.Decode(&t); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := visit(t); err != nil {
			return err
		}
	}
}

// Find returns a transfer. The error may be stored.ErrUnknown.
func (c *Client) Find(ctx context.Context, id stored.ID) (Transfer, error) {
	resp, err := c.call(ctx, http.MethodGet, "/stored/"+id.String())
	if err != nil {
		return Transfer{}, err
	}
	defer resp.Body.Close()
	var t Transfer
	return t, json.NewDecoder(resp.Body).Decode(&t)
}

// Remove takes a transfer down. The error may be stored.ErrUnknown.
func (c *Client) Remove(ctx context.Context, id stored.ID) error {
	resp, err := c.call(ctx, http.MethodDelete, "/stored/"+id.String())
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
