package webrtc

import "strings"

// noAddress takes the place of an address that the peer must not learn (RFC 8828,
// RFC 9429).
const noAddress = "0.0.0.0"

// withoutAddresses returns a candidate without the address of this machine that it
// is related to. It returns false if the candidate is not a relayed one.
//
//	candidate:FOUNDATION COMPONENT udp PRIORITY ADDRESS PORT typ relay raddr ADDRESS rport PORT ...
func (c Candidate) withoutAddresses() (Candidate, bool) {
	fields := strings.Fields(c.Candidate)
	if len(fields) < 8 || fields[6] != "typ" || fields[7] != "relay" {
		return Candidate{}, false
	}
	for i := 8; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "raddr":
			fields[i+1] = noAddress
		case "rport":
			fields[i+1] = "0"
		}
	}
	c.Candidate = strings.Join(fields, " ")
	return c, true
}

// withoutAddresses returns a description without addresses. Candidates follow by
// themselves.
func withoutAddresses(sdp string) string {
	var out strings.Builder
	for line := range strings.Lines(sdp) {
		switch {
		case strings.HasPrefix(line, "a=candidate:"), strings.HasPrefix(line, "a=rtcp:"):
			continue
		case strings.HasPrefix(line, "c="):
			line = "c=IN IP4 " + noAddress + "\r\n"
		case strings.HasPrefix(line, "o="):
			if fields := strings.Fields(line); len(fields) == 6 {
				fields[4], fields[5] = "IP4", noAddress
				line = strings.Join(fields, " ") + "\r\n"
			}
		}
		out.WriteString(line)
	}
	return out.String()
}
