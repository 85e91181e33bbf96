package tallow

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/lane"
)

// WrapCarrier has f wrap the carrier of every lane from now on. The upper 16 bits
// of a lane's id are the generation of its keys, the lower 16 its number.
func (c *Client) WrapCarrier(f func(id uint32, c lane.Carrier) lane.Carrier) { c.link.WrapCarrier = f }

// Explain makes an *Error of whatever ended a transfer.
func Explain(ctx context.Context, err error) *Error { return explain(ctx, err) }

// BePage has the client say that it is a page in a browser.
func (c *Client) BePage() { c.link.Page = true }

// GiveName has the client give a name that New refuses, as a hostile peer may.
func (c *Client) GiveName(name string) { c.link.Name = name }
