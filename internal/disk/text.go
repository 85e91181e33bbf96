package disk

import (
	"context"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Text is a short text that is sent instead of a file. It has the methods of
// Source.
type Text struct {
	text string
	at   time.Time
}

const textName = "text"

// NewText sends text as one file of the name "text".
func NewText(text string) *Text { return &Text{text: text, at: time.Now()} }

// Names is "text".
func (t *Text) Names() []string { return []string{textName} }

// Count is one file of the text's length.
func (t *Text) Count(context.Context) (Totals, error) {
	n := int64(len(t.text))
	return Totals{Files: 1, Bytes: n, Stored: n, Known: true}, nil
}

// Walk yields the one entry.
func (t *Text) Walk(ctx context.Context, yield func(Item) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return yield(Item{Entry: wire.Entry{
		Kind: wire.KindFile, Mode: 0o600, MTime: nanoseconds(t.at), Size: int64(len(t.text)), Path: textName,
	}})
}

// Open gives the text. It can be opened more than once.
func (t *Text) Open(Item) (SourceFile, error) {
	return textFile{strings.NewReader(t.text)}, nil
}

// Close does nothing.
func (t *Text) Close() error { return nil }

type textFile struct{ *strings.Reader }

func (textFile) Changed() error { return nil }
func (textFile) Close() error   { return nil }
