package stream

import (
	"context"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Text is a files.Source of a short text instead of a file.
type Text struct {
	text string
	at   time.Time
}

const textName = "text"

// NewText returns a source of one file named "text" with this content.
func NewText(text string) *Text { return &Text{text: text, at: time.Now()} }

// Names returns "text".
func (t *Text) Names() []string { return []string{textName} }

// Count returns one file with the length of the text.
func (t *Text) Count(context.Context) (files.Totals, error) {
	n := int64(len(t.text))
	return files.Totals{Files: 1, Bytes: n, Stored: n, Known: true}, nil
}

// Walk yields the one entry. It can be opened more than once.
func (t *Text) Walk(ctx context.Context, yield func(files.Item) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return yield(files.Item{
		Entry: files.Entry{Kind: files.KindFile, Mode: 0o600, ModTime: t.at, Size: int64(len(t.text)), Path: textName},
		Open:  func() (files.SourceFile, error) { return textFile{strings.NewReader(t.text)}, nil },
	})
}

// Close does nothing.
func (t *Text) Close() error { return nil }

type textFile struct{ *strings.Reader }

func (textFile) Changed() error { return nil }
func (textFile) Close() error   { return nil }
