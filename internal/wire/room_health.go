package wire

// RelayService is the service name in a relay's health, by which a client tells
// a relay from any other server.
const RelayService = "tallow-relay"

// RelayHealth is the body of GET /api/health and GET /api/ready.
//
//	{"service":"tallow-relay","status":"ok","version":"v1.2.3","protocol":2,"rooms":3,"max_rooms":10000,"uptime":86400}
type RelayHealth struct {
	Service string `json:"service"` // RelayService
	// Status is "ok"; or, if it is not ready, "closing" while the relay shuts down,
	// "full" if there is no room left, "failed" if another check is not ok.
	Status   string `json:"status"`
	Version  string `json:"version,omitempty"`
	Protocol int    `json:"protocol"` // the relay's RoomVersion
	Rooms    int    `json:"rooms"`
	MaxRooms int    `json:"max_rooms"`
	Uptime   int64  `json:"uptime"` // in seconds
	// Checks are in the answer to /api/ready alone: "ok" or what is wrong, by name.
	Checks map[string]string `json:"checks,omitempty"`
}

// Append appends the JSON body to b.
func (h RelayHealth) Append(b []byte) []byte { return appendJSON(b, h) }

// ParseRelayHealth parses a JSON body. The health of another service is malformed.
func ParseRelayHealth(b []byte) (RelayHealth, error) {
	var h RelayHealth
	if err := parseJSON(b, &h); err != nil {
		return RelayHealth{}, err
	}
	if h.Service != RelayService {
		return RelayHealth{}, malformed("not the health of a relay")
	}
	if len(h.Checks) == 0 {
		h.Checks = nil
	}
	return h, nil
}
