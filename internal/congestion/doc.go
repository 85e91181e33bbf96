// Package congestion asks the system for the congestion control that suits a
// transfer of files over TCP: BBR, which goes by the bandwidth and the round
// trip that it measures, and so keeps its speed on a path that loses packets.
//
// Control is for the Control of a net.Dialer or a net.ListenConfig; what a
// listener accepts inherits it.
package congestion

// Algorithm is what is asked for. Where the system does not have it, or does not
// let an ordinary user choose it, a connection keeps the system's own.
const Algorithm = "bbr"
