package deptest

// module is the path of this module.
const module = "github.com/tallow-transfer/tallow"

// layers says for each package which packages of this module it may import.
// Paths are relative to the module. A package that is not here may import
// none, and has to be put here first if it shall.
func layers() map[string][]string {
	return map[string][]string{
		"cmd/tallow": {"pkg/tallow", "relay"},
		"pkg/tallow": {
			"internal/blockhash", "internal/code", "internal/disk", "internal/handshake", "internal/lan", "internal/link",
			"internal/rendezvous", "internal/session", "internal/transfer", "internal/vault", "internal/wire", "pkg/files",
		},
		"internal/relaytest": {"relay"},
		"internal/lan":       {"internal/link", "internal/nearby", "internal/rendezvous", "relay"},
		"internal/link": {
			"internal/broadcast", "internal/code", "internal/growth", "internal/handshake", "internal/lane",
			"internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc", "internal/rendezvous",
			"internal/session", "internal/vault", "internal/wire",
		},
		"internal/transfer":                  {"internal/blockhash", "internal/broadcast", "internal/wire", "pkg/files"},
		"internal/session":                   {"internal/broadcast", "internal/lane", "internal/wire"},
		"internal/session/sessiontest":       {"internal/lane", "internal/wire"},
		"internal/lane":                      {"internal/wire"},
		"internal/lane/lanetest":             {"internal/lane", "internal/wire"},
		"internal/lane/relayed":              {"internal/lane", "internal/rendezvous", "internal/wire"},
		"internal/lane/tcp":                  {"internal/congestion", "internal/handshake", "internal/lane", "internal/wire"},
		"internal/lane/webrtc":               {"internal/lane", "internal/trunk", "internal/wire"},
		"internal/rendezvous":                {"internal/congestion", "internal/wire"},
		"internal/handshake":                 {"internal/wire"},
		"internal/disk":                      {"internal/blockhash", "internal/wire"},
		"internal/blockhash":                 {"internal/wire", "pkg/files"},
		"pkg/files":                          {},
		"pkg/files/filestest":                {"internal/blockhash", "pkg/files"},
		"internal/broadcast":                 {},
		"internal/nearby":                    {"internal/wire"},
		"internal/code":                      {},
		"internal/congestion":                {},
		"internal/congestion/congestiontest": {},
		"internal/growth":                    {},
		"internal/trunk":                     {},
		"internal/vault":                     {},
		"internal/wire":                      {},
		"internal/bench":                     {},
		"relay":                              {"internal/congestion", "internal/wire"},
	}
}

// onlyIn says which packages of this module may import a module of others, or a
// part of it, directly. The benchmark is no part of the product: it measures
// WebRTC as it is without tallow.
func onlyIn() map[string][]string {
	return map[string][]string{
		"github.com/pion/webrtc":           {"internal/lane/webrtc", "internal/bench"},
		"github.com/pion/ice":              {"internal/lane/webrtc"},
		"github.com/pion/sctp":             {"internal/lane/webrtc"},
		"github.com/pion/datachannel":      {"internal/lane/webrtc"},
		"github.com/pion/transport":        {"internal/lane/webrtc"},
		"github.com/pion/mdns":             {"internal/nearby"},
		"github.com/pion/stun":             {"relay"},
		"github.com/cloudflare/circl":      {"internal/handshake"},
		"github.com/bwesterb/go-ristretto": {"internal/handshake"},
		"github.com/sethvargo/go-diceware": {"internal/code"},
		"github.com/spf13/cobra":           {"cmd/tallow"},
		"github.com/schollz/progressbar":   {"cmd/tallow"},
	}
}

// never says what a package must not even have in its program by way of others:
// that the relay cannot read what it passes on is visible here.
func never() map[string][]string {
	return map[string][]string{
		"relay": {
			module + "/internal/handshake", module + "/internal/session", module + "/internal/transfer",
			module + "/internal/disk", "github.com/pion/webrtc", "github.com/cloudflare/circl",
		},
		"internal/transfer": {"net/http", "github.com/pion", "github.com/gorilla/websocket"},
		"internal/session":  {"net/http", "github.com/pion", "github.com/gorilla/websocket"},
	}
}

// onlyStandard are packages that import nothing but the standard library and
// what layers lets them import.
func onlyStandard() []string {
	return []string{"internal/wire", "internal/session", "internal/transfer"}
}

// portable are the packages that a browser needs as well.
func portable() []string {
	return []string{
		"internal/wire", "internal/code", "internal/handshake", "internal/session",
		"internal/transfer", "internal/blockhash", "internal/growth",
		"internal/lane", "internal/lane/lanetest", "internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc",
	}
}
