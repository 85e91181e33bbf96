package container

import "io"

// NewFrom is New with random bytes of the test's.
func NewFrom(random io.Reader, secret *Key, password string, c Cost) (*Keys, error) {
	return newKeys(random, secret, password, c)
}
