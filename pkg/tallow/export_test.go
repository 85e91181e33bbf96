package tallow

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/lane"
)

// Tamper has f put its hands on the carrier of every lane from now on. The upper
// 16 bits of a lane's id are the generation of its keys, the lower its number.
func (c *Client) Tamper(f func(id uint32, c lane.Carrier) lane.Carrier) { c.link.WrapCarrier = f }

// Explain makes an *Error of whatever ended a transfer.
func Explain(ctx context.Context, err error) *Error { return explain(ctx, err) }
