package deptest

// module is the path of this module.
const module = "github.com/tallow-transfer/tallow"

// layers says for each package which packages of this module it may import.
// Paths are relative to the module. A package that is not here may import none.
func layers() map[string][]string {
	return map[string][]string{
		"cmd/tallow": {"internal/certificate", "internal/doctor", "internal/errorreport", "internal/history", "internal/httpserver", "internal/metrics", "internal/settings", "internal/vault/devicekey", "pkg/files", "pkg/tallow", "relay", "relay/roomstore/redisstore"},
		"cmd/tallow-wasm": {
			"internal/bundle", "internal/opfs", "internal/promise", "internal/webfile", "pkg/files", "pkg/tallow",
		},
		"pkg/tallow": {
			"internal/code", "internal/descriptors", "internal/disk/destination", "internal/disk/partial", "internal/disk/source",
			"internal/handshake", "internal/ignore", "internal/lan", "internal/lane/webrtc", "internal/link", "internal/oserror", "internal/rendezvous",
			"internal/session", "internal/stream", "internal/transfer", "internal/vault", "internal/wire", "pkg/files",
		},
		"internal/relaytest": {"relay"},
		"web/test/hostile":   {"pkg/files", "pkg/tallow"},
		"internal/metrics":   {"relay"},
		"internal/doctor":    {"internal/disk/osfs", "internal/nearby", "internal/rendezvous", "internal/wire"},
		"internal/lan":       {"internal/link", "internal/nearby", "internal/rendezvous", "internal/wire", "relay"},
		"internal/link": {
			"internal/broadcast", "internal/code", "internal/growth", "internal/handshake", "internal/lane",
			"internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc", "internal/rendezvous",
			"internal/session", "internal/vault", "internal/wire",
		},
		"internal/transfer":            {"internal/blockhash", "internal/broadcast", "internal/wire", "pkg/files"},
		"internal/session":             {"internal/broadcast", "internal/lane", "internal/promise", "internal/wire"},
		"internal/session/sessiontest": {"internal/lane", "internal/wire"},
		"internal/lane":                {"internal/wire"},
		"internal/lane/lanetest":       {"internal/lane", "internal/wire"},
		"internal/lane/relayed":        {"internal/lane", "internal/rendezvous", "internal/wire"},
		"internal/lane/tcp":            {"internal/congestion", "internal/handshake", "internal/lane", "internal/wire"},
		"internal/lane/webrtc":         {"internal/lane", "internal/longhaul", "internal/promise", "internal/trunk", "internal/wire"},
		"internal/rendezvous":          {"internal/congestion", "internal/promise", "internal/wire"},
		"internal/bundle":              {"internal/blockhash", "internal/disk/names", "pkg/files"},
		"internal/opfs":                {"internal/bundle", "internal/promise"},
		"internal/webfile":             {"internal/promise", "pkg/files"},
		"internal/promise":             {},
		"internal/handshake":           {"internal/wire"},
		"internal/disk":                {},
		"internal/stream":              {"internal/oserror", "pkg/files"},
		"internal/oserror":             {},
		"internal/disk/source":         {"internal/descriptors", "internal/disk/names", "internal/disk/osfs", "internal/ignore", "internal/oserror", "internal/wire", "pkg/files"},
		"internal/ignore":              {},
		"internal/disk/destination": {
			"internal/blockhash", "internal/descriptors", "internal/disk/journal", "internal/disk/names", "internal/disk/osfs",
			"internal/disk/partial", "internal/oserror", "internal/wire", "pkg/files",
		},
		"internal/disk/partial":                {"internal/descriptors", "internal/disk/journal", "internal/disk/names", "internal/disk/osfs", "internal/filelock", "internal/oserror"},
		"internal/disk/journal":                {"pkg/files"},
		"internal/disk/names":                  {"internal/wire"},
		"internal/disk/osfs":                   {"internal/descriptors"},
		"internal/descriptors":                 {},
		"internal/blockhash":                   {"internal/wire", "pkg/files"},
		"pkg/files":                            {},
		"pkg/files/filestest":                  {"internal/blockhash", "pkg/files"},
		"internal/broadcast":                   {},
		"internal/nearby":                      {"internal/wire"},
		"internal/code":                        {},
		"internal/congestion":                  {},
		"internal/congestion/congestiontest":   {},
		"internal/growth":                      {},
		"internal/trunk":                       {},
		"internal/longhaul":                    {},
		"internal/filelock":                    {},
		"internal/vault":                       {"internal/filelock"},
		"internal/vault/devicekey":             {"internal/filelock"},
		"internal/history":                     {"internal/filelock", "internal/vault/devicekey"},
		"internal/settings":                    {},
		"internal/certificate":                 {},
		"internal/certificate/certificatetest": {},
		"internal/errorreport":                 {},
		"internal/httpserver":                  {},
		"internal/wire":                        {},
		"internal/bench":                       {"internal/broadcast"},
		"internal/turnserver":                  {},
		"internal/load":                        {"internal/wire", "relay"},
		"relay":                                {"internal/congestion", "internal/httpserver", "internal/turnserver", "internal/wire", "relay/roomstore", "web"},
		"web":                                  {},
		"relay/roomstore":                      {},
		"relay/roomstore/redisstore":           {"relay/roomstore"},
		"relay/roomstore/redistest":            {},
		"relay/roomstore/storetest":            {"relay/roomstore"},
	}
}

// thirdParty says for each package which packages of other modules it may import,
// completely: a path stands for itself and for what is below it. A package that is
// not here may import none. Tests may import what they want.
//
// The benchmark is not part of the product: it measures WebRTC without tallow.
func thirdParty() map[string][]string {
	return map[string][]string{
		"cmd/tallow": {
			"github.com/atotto/clipboard", "github.com/rivo/uniseg", "github.com/schollz/progressbar/v3", "github.com/spf13/cobra", "github.com/spf13/pflag",
			"golang.org/x/sys/unix", "golang.org/x/sys/windows", "golang.org/x/term", "rsc.io/qr",
		},
		"internal/bench":                     {"github.com/pion/webrtc/v4", "golang.org/x/sys/unix"},
		"internal/load":                      {"github.com/gorilla/websocket"},
		"internal/blockhash":                 {"lukechampine.com/blake3/guts"},
		"internal/certificate":               {"golang.org/x/crypto/acme"},
		"internal/code":                      {"github.com/sethvargo/go-diceware/diceware"},
		"internal/congestion":                {"golang.org/x/sys/unix"},
		"internal/congestion/congestiontest": {"golang.org/x/sys/unix"},
		"internal/disk/osfs":                 {"golang.org/x/sys/unix", "golang.org/x/sys/windows"},
		"internal/disk/partial":              {"lukechampine.com/blake3"},
		"internal/doctor":                    {"github.com/pion/stun/v4"},
		"internal/errorreport":               {"github.com/getsentry/sentry-go", "golang.org/x/time/rate"},
		"internal/handshake":                 {"github.com/bwesterb/go-ristretto", "github.com/cloudflare/circl/kem/xwing"},
		"internal/lane/webrtc": {
			"github.com/pion/datachannel", "github.com/pion/ice/v4", "github.com/pion/interceptor", "github.com/pion/logging",
			"github.com/pion/sctp", "github.com/pion/transport/v4", "github.com/pion/webrtc/v4",
		},
		"internal/link":    {"github.com/cenkalti/backoff/v5"},
		"internal/metrics": {"github.com/prometheus/client_golang/prometheus"},
		"internal/nearby": {
			"github.com/cenkalti/backoff/v5", "github.com/pion/logging", "github.com/pion/mdns/v2",
			"golang.org/x/net/dns/dnsmessage", "golang.org/x/net/ipv4", "golang.org/x/net/ipv6",
		},
		"internal/rendezvous":        {"github.com/gorilla/websocket", "golang.org/x/net/http/httpproxy"},
		"internal/settings":          {"github.com/pelletier/go-toml/v2", "github.com/spf13/pflag"},
		"internal/transfer":          {"github.com/klauspost/compress/zstd", "golang.org/x/sync/errgroup", "golang.org/x/sync/semaphore"},
		"internal/trunk":             {"github.com/pion/transport/v4/replaydetector", "golang.org/x/net/ipv4", "golang.org/x/sys/unix"},
		"internal/vault":             {"golang.org/x/crypto/argon2"},
		"internal/vault/devicekey":   {"github.com/zalando/go-keyring"},
		"internal/history":           {"golang.org/x/text/unicode/norm", "modernc.org/sqlite"},
		"internal/filelock":          {"golang.org/x/sys/unix", "golang.org/x/sys/windows"},
		"relay":                      {"github.com/gorilla/websocket", "github.com/pion/stun/v4", "golang.org/x/time/rate"},
		"relay/roomstore/redisstore": {"github.com/redis/go-redis/v9"},
		"internal/turnserver":        {"github.com/pion/logging", "github.com/pion/stun/v4", "github.com/pion/turn/v5", "golang.org/x/time/rate"},
	}
}

// never says what a package must not depend on, not even indirectly. That the
// relay cannot read what it passes on is visible here.
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

// portable lists the packages that have to compile for a browser.
func portable() []string {
	return []string{
		"internal/wire", "internal/code", "internal/handshake", "internal/session",
		"internal/transfer", "internal/blockhash", "internal/broadcast", "internal/growth", "pkg/files",
		"internal/rendezvous", "internal/congestion", "internal/bundle", "internal/opfs", "internal/webfile", "internal/promise",
		"cmd/tallow-wasm",
		"internal/lane", "internal/lane/lanetest", "internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc",
	}
}
