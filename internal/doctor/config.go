package doctor

import (
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// Config says what to look at.
type Config struct {
	Relay    string   // as a person names it; empty: none
	Pins     []string // of its key
	Password string   // of it
	Version  string   // of this program
	StateDir string   // may be empty
	Output   string   // the folder to receive into

	Keys       devicekey.Store // of the history; its Dir may be empty
	KeyringOff bool            // a person does not want the keyring to be used
}

// New returns a Doctor. The error is that of an invalid relay address or pin.
func New(c Config) (*Doctor, error) {
	d := &Doctor{
		stun: socket{}, local: multicast{}, disk: folders{}, keys: keys{c.Keys, c.KeyringOff},
		state: c.StateDir, output: c.Output,
	}
	if c.Relay == "" {
		return d, nil
	}
	endpoint, err := rendezvous.ParseRelay(c.Relay)
	if err != nil {
		return nil, err
	}
	options := rendezvous.Options{Version: c.Version, Password: c.Password}
	for _, text := range c.Pins {
		pin, err := rendezvous.ParsePin(text)
		if err != nil {
			return nil, err
		}
		options.Pins = append(options.Pins, pin)
	}
	d.relay = relayServer{rendezvous.New(endpoint, options), endpoint.String()}
	return d, nil
}
