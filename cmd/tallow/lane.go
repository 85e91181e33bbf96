package main

import (
	"fmt"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// laneText says that lanes of a kind carry data, and why, or that they stop.
func laneText(e tallow.LaneEvent) string {
	text := fmt.Sprintf("Lane %s is %s", e.Lane, upOrDown(e.Up))
	if why := laneReasonText(e.Reason); why != "" {
		text += ": " + why
	}
	return text + "."
}

// laneReasonText says in words why lanes carry data.
func laneReasonText(r tallow.LaneReason) string {
	switch r {
	case tallow.LaneReasonDirect:
		return "it is direct"
	case tallow.LaneReasonPrivate:
		return "--private was asked for"
	case tallow.LaneReasonPeerPrivate:
		return "--private was asked for on the other side"
	case tallow.LaneReasonLanes:
		return "--lanes allows no direct one"
	case tallow.LaneReasonPeerLanes:
		return "the other side allows no direct one that is allowed here"
	case tallow.LaneReasonDirectLost:
		return "the direct connection is lost"
	case tallow.LaneReasonNoDirect:
		return "no direct connection has come up"
	}
	return ""
}
