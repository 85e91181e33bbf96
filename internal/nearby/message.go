package nearby

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	maxPacket = 9000 // bytes of a multicast DNS message, RFC 6762 section 17

	// unicastBit in a question's class asks for an answer to the asker alone;
	// in a record's class the same bit means "forget what you had", RFC 6762
	// section 18.
	unicastBit = 1 << 15
)

// instance returns the name of the service instance of a nameplate.
func instance(nameplate string) string {
	return nameplate + "." + service + "." + domain + "."
}

// question returns the DNS message that asks where the relay of a nameplate is.
func question(nameplate string, id uint16) ([]byte, error) {
	name, err := dnsmessage.NewName(instance(nameplate))
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: id},
		Questions: []dnsmessage.Question{{
			Name: name, Type: dnsmessage.TypeSRV, Class: dnsmessage.ClassINET | unicastBit,
		}},
	}
	return m.Pack()
}

// answer is what a packet says about the relay: the host name of its announcement
// and the port. The address is the one that the packet comes from.
type answer struct {
	host string
	port uint16
}

// parseAnswer finds the answer to a question in a packet, which may be from anyone.
func parseAnswer(packet []byte, nameplate string, id uint16) (answer, bool) {
	var p dnsmessage.Parser
	header, err := p.Start(packet)
	if err != nil || !header.Response || header.ID != id || header.RCode != dnsmessage.RCodeSuccess {
		return answer{}, false
	}
	if p.SkipAllQuestions() != nil {
		return answer{}, false
	}
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return answer{}, false
		}
		if h.Type != dnsmessage.TypeSRV || h.Class&^unicastBit != dnsmessage.ClassINET || h.TTL == 0 ||
			!strings.EqualFold(h.Name.String(), instance(nameplate)) {
			if p.SkipAnswer() != nil {
				return answer{}, false
			}
			continue
		}
		srv, err := p.SRVResource()
		if err != nil || srv.Port == 0 {
			return answer{}, false
		}
		return answer{strings.ToLower(srv.Target.String()), srv.Port}, true
	}
}
