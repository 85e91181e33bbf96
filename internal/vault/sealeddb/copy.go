package sealeddb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Copy returns a database as one file, as it is at this moment, with what is still in
// its write-ahead log. Other processes may go on using it. The values stay sealed, so no
// key is needed. Error: fs.ErrNotExist if there is none, or one of SQLite.
func Copy(ctx context.Context, path string) (content []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	db, err := sql.Open("sqlite", Source(path))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(driver any) error {
		content, err = driver.(interface{ Serialize() ([]byte, error) }).Serialize()
		return err
	})
	return content, err
}
