// Package congestiontest lets tests see which congestion control a socket has, in
// a place where the system's own is another one than what the program asks for.
package congestiontest
