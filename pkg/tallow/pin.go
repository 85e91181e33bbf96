package tallow

import "github.com/tallow-transfer/tallow/internal/rendezvous"

// relayPins parses pins.
func relayPins(pins []string) ([]rendezvous.Pin, error) {
	if len(pins) > 0 && !canPin {
		return nil, &Error{Kind: KindUsage, Reason: ReasonRelayPinName, Detail: "a browser does not show a relay's key"}
	}
	var parsed []rendezvous.Pin
	for _, p := range pins {
		pin, err := rendezvous.ParsePin(p)
		if err != nil {
			return nil, &Error{Kind: KindUsage, Reason: ReasonRelayPinName, Detail: err.Error(), Err: err}
		}
		parsed = append(parsed, pin)
	}
	return parsed, nil
}
