// Package congestion chooses the congestion control of TCP connections that carry
// files: BBR, which models the bandwidth and round-trip time of the path, and so
// stays fast when packets are lost.
//
// It is for everything that dials or listens. Start with [Control], which is the
// Control function of a net.Dialer or a net.ListenConfig. Connections that a
// listener accepts inherit its algorithm.
package congestion

// Algorithm is the algorithm that is requested. Where the system does not have it,
// or does not let ordinary users choose it, connections keep the system's default.
const Algorithm = "bbr"
