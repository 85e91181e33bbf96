package nearby

import (
	"fmt"
	"net"
	"slices"
)

// iface is an interface of this machine that may carry multicast DNS, with its
// addresses of the moment.
type iface struct {
	net.Interface
	addrs []net.Addr
}

// usable returns the interfaces that are up and take multicast, and loopback. One
// that goes away meanwhile is left out.
func usable() ([]iface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var up []iface
	for _, ifi := range all {
		if ifi.Flags&net.FlagUp == 0 || ifi.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 {
			continue
		}
		if addrs, err := ifi.Addrs(); err == nil && len(addrs) > 0 {
			up = append(up, iface{ifi, addrs})
		}
	}
	return up, nil
}

// network describes the usable interfaces. Two descriptions differ if an interface
// or an address has come or gone in between. It is empty if there are none.
func network() []string {
	up, err := usable()
	if err != nil {
		return nil
	}
	var described []string
	for _, i := range up {
		for _, a := range i.addrs {
			described = append(described, fmt.Sprintf("%d %s %s", i.Index, i.Name, a))
		}
	}
	slices.Sort(described)
	return described
}
