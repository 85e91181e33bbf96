package osfs

import (
	"errors"
	"os"
)

// tryNamed creates a file with a name in dir and removes it.
func tryNamed(dir string) error {
	f, err := os.CreateTemp(dir, ".tallow-try-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
