package doctor

// Direct says how probable a connection from machine to machine is.
type Direct string

// The values of Direct.
const (
	DirectProbable Direct = "probable" // with most machines
	DirectUnlikely Direct = "unlikely" // with few
	DirectNone     Direct = "none"     // with none outside of this network
	DirectUnknown  Direct = "unknown"
)

// Verdict says what will work.
type Verdict struct {
	Direct  Direct // to machines outside of this network
	Relayed bool   // through the relay
	Local   bool   // to machines on this network without a relay, as far as one machine can tell
	Text    string
}

// verdict says what the checks mean together.
func verdict(relay, local Check, mappings []mapping) Verdict {
	v := Verdict{Relayed: relay.State == OK, Local: local.State == OK, Direct: DirectNone}
	switch {
	case !v.Relayed && !v.Local:
		v.Text = "Nothing will work but transfers on this machine: there is no relay, and no network where senders are found."
		return v
	case !v.Relayed && relay.State == Unknown:
		v.Text = "Transfers between machines on this network will probably work. To reach others, name a relay."
		return v
	case !v.Relayed:
		v.Text = "Only machines on this network can be reached, because the relay cannot."
		return v
	}
	switch {
	case len(mappings) == 0:
		v.Direct, v.Text = DirectUnknown, "The relay works. It has no STUN server, so whether direct connections will is not known; otherwise the relay carries the data."
	case len(answered(mappings)) == 0:
		v.Text = "Only the relayed lane will work, because UDP is blocked. With a machine on the same network, TCP may work directly."
	case kindOfNAT(mappings) == natDependent:
		v.Direct, v.Text = DirectUnlikely, "A direct connection will work only where the other machine has no such NAT. With others, the relay carries the data."
	default:
		v.Direct, v.Text = DirectProbable, "A direct connection will probably work. Where it does not, the relay carries the data."
	}
	return v
}
