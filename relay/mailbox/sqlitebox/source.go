package sqlitebox

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// source names a database and what every connection to it has: what is committed
// survives a power cut, and what is deleted is overwritten with zeros.
func source(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/relay
	}
	options := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "synchronous(FULL)", "temp_store(MEMORY)", "secure_delete(ON)"},
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: options.Encode()}).String()
}

// createPrivate makes an empty file that its user alone can read. SQLite gives the files
// beside it the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
