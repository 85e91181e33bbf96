//go:build !js

package tcp

import (
	"net"
	"syscall"
)

// DialOne is the dial of one address, in the caller's goroutine.
var DialOne = dialOne

// Socket is the connection's socket.
func (c *Conn) Socket() syscall.Conn { return c.conn.(*net.TCPConn) }

// NewConn is a carrier over a connection whose other end is not authenticated.
func NewConn(conn net.Conn) *Conn { return newConn(conn) }
