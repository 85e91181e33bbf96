package main

import (
	"context"
	"slices"
	"time"
)

// The names of the tools.
const (
	toolRaw     = "raw"
	toolChannel = "channel"
	toolSCP     = "scp"
	toolRsync   = "rsync"
	toolTar     = "tar"
	toolRelay   = "tallow-relay"
	toolTCP     = "tallow-tcp"
	toolWebRTC  = "tallow-webrtc"
	toolTallow  = "tallow" // with all lanes
	toolNearby  = "tallow-nearby"
)

// tool transfers a payload.
type tool struct {
	name     string
	about    string
	transfer func(context.Context, job) (sample, error)
}

// job is one transfer.
type job struct {
	source   source
	dest     string // an empty folder
	work     string // another empty folder, for the tool's own files
	from, to host
	events   bool // progress is needed; without it the tools report nothing, which is faster
	beside   bool // a competing flow has the path already
}

// sample is one run of a tool.
type sample struct {
	Seconds  float64          `json:"seconds"`                      // until both sides have ended
	Received float64          `json:"received_seconds,omitempty"`   // until the receiver has ended
	First    float64          `json:"first_data_seconds,omitempty"` // until it has reported the first data
	Middle   float64          `json:"middle_mbit,omitempty"`        // Mbit/s between 15 % and 95 % of the bytes
	Sides    []side           `json:"sides"`
	Beside   float64          `json:"beside_mbit,omitempty"` // Mbit/s of the competing flow meanwhile
	Share    float64          `json:"share,omitempty"`       // of what both brought: this tool's part, 0 to 1
	Lanes    map[string]int64 `json:"lanes,omitempty"`       // bytes by lane, of tallow only

	began, ended time.Time
}

// side is what one process and its children have used.
type side struct {
	Name string  `json:"name"` // sender, receiver, relay
	CPU  float64 `json:"cpu_seconds"`
	Peak int64   `json:"peak_bytes"` // 0: not known on this system
}

// tools returns all tools. Each case uses some of them.
func (l *lab) tools() []tool {
	known := []tool{
		{toolRaw, "AES-256-GCM in records of 64 KiB over one TCP connection, without a disk", l.raw},
		{toolChannel, "one data channel as pion makes it, without a disk", l.channel},
		{toolSCP, "scp, which does not sync", l.scp},
		{toolRsync, "rsync -a over ssh, which does not sync", l.rsync},
		{toolTar, "tar through ssh, which does not sync", l.tar},
		{toolRelay, "tallow --lanes relay, synced", l.tallowWith("relay")},
		{toolTCP, "tallow --lanes tcp, synced", l.tallowWith("tcp")},
		{toolWebRTC, "tallow --lanes webrtc, synced", l.tallowWith("webrtc")},
		{toolTallow, "tallow with all lanes, synced", l.tallowWith("")},
		{toolNearby, "tallow with all lanes and no relay: the receiver finds the sender by mDNS", l.tallowNearby},
	}
	for _, p := range l.options.peers {
		known = append(known, tool{p.name, "as --peer says; whether it syncs is not known", l.withPeer(p)})
	}
	return known
}

func toolNames(peers []peer) (names []string) {
	for _, t := range (&lab{options: options{peers: peers}}).tools() {
		names = append(names, t.name)
	}
	return names
}

// finish makes a sample of processes that have ended without an error. Its time
// starts at begin. The processes are in the order of the table.
func finish(begin time.Time, measured ...*process) sample {
	var s sample
	var end time.Time
	for _, p := range measured {
		usage := p.usage()
		if at := slices.IndexFunc(s.Sides, func(is side) bool { return is.Name == usage.Name }); at >= 0 {
			s.Sides[at].CPU += usage.CPU // this side has several processes
			s.Sides[at].Peak += usage.Peak
		} else {
			s.Sides = append(s.Sides, usage)
		}
		if p.side != sideRelay && p.ended.After(end) {
			end = p.ended
		}
		if p.side == sideReceiver {
			s.Received = p.ended.Sub(begin).Seconds()
		}
	}
	s.Seconds = end.Sub(begin).Seconds()
	s.began, s.ended = begin, end
	return s
}

// The sides of a transfer.
const (
	sideSender   = "sender"
	sideReceiver = "receiver"
	sideRelay    = "relay"
)
