package deptest

// module is the path of this module.
const module = "github.com/tallow-transfer/tallow"

// layers says for each package which packages of this module it may import.
// Paths are relative to the module. A package that is not here may import none.
func layers() map[string][]string {
	return map[string][]string{
		"cmd/tallow": {"internal/certificate", "internal/devices", "internal/doctor", "internal/errorreport", "internal/history", "internal/httpserver", "internal/mail", "internal/metrics", "internal/operator", "internal/settings", "internal/storedlist", "internal/vault/backup", "internal/vault/devicekey", "internal/vault/sealeddb", "pkg/files", "pkg/tallow", "relay", "relay/mailbox/redisbox", "relay/mailbox/sqlitebox", "relay/outbox", "relay/roomstore/redisstore", "relay/stored", "relay/stored/diskstore", "relay/stored/redisindex", "relay/stored/s3store"},
		"cmd/tallow-wasm": {
			"internal/bundle", "internal/opfs", "internal/promise", "internal/webfile", "pkg/files", "pkg/tallow",
		},
		"pkg/tallow": {
			"internal/archive", "internal/blockhash", "internal/boxclient", "internal/code", "internal/container", "internal/descriptors", "internal/disk/destination", "internal/disk/partial", "internal/disk/source",
			"internal/handshake", "internal/ignore", "internal/lan", "internal/lane/webrtc", "internal/link", "internal/oserror", "internal/readahead", "internal/rendezvous",
			"internal/session", "internal/storeclient", "internal/storelink", "internal/stream", "internal/transfer", "internal/vault", "internal/wire", "internal/wordkey", "pkg/files",
		},
		"internal/relaytest": {"internal/wire", "relay"},
		"internal/storetest": {"internal/archive", "internal/container", "internal/rendezvous", "internal/storeclient", "internal/storelink", "pkg/files"},
		"web/test/hostile":   {"pkg/files", "pkg/tallow"},
		"internal/metrics":   {"relay", "relay/outbox"},
		"internal/doctor":    {"internal/disk/osfs", "internal/nearby", "internal/rendezvous", "internal/vault/devicekey", "internal/wire"},
		"internal/lan":       {"internal/link", "internal/nearby", "internal/rendezvous", "internal/wire", "relay"},
		"internal/link": {
			"internal/broadcast", "internal/code", "internal/handshake", "internal/lane",
			"internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc", "internal/rendezvous",
			"internal/session", "internal/vault", "internal/wire",
		},
		"internal/transfer":            {"internal/blockhash", "internal/broadcast", "internal/manifest", "internal/wire", "pkg/files"},
		"internal/manifest":            {"internal/wire", "pkg/files"},
		"internal/archive":             {"internal/blockhash", "internal/manifest", "internal/wire", "pkg/files"},
		"internal/container":           {},
		"internal/session":             {"internal/broadcast", "internal/lane", "internal/promise", "internal/wire"},
		"internal/session/sessiontest": {"internal/lane", "internal/wire"},
		"internal/lane":                {"internal/wire"},
		"internal/lane/lanetest":       {"internal/lane", "internal/wire"},
		"internal/lane/relayed":        {"internal/lane", "internal/rendezvous", "internal/wire"},
		"internal/lane/tcp":            {"internal/congestion", "internal/handshake", "internal/lane", "internal/wire"},
		"internal/lane/webrtc":         {"internal/lane", "internal/longhaul", "internal/promise", "internal/trunk", "internal/wire"},
		"internal/rendezvous":          {"internal/congestion", "internal/promise", "internal/wire"},
		"internal/readahead":           {"internal/container"},
		"internal/storelink":           {},
		"internal/wordkey":             {"internal/code", "internal/container", "internal/storelink"},
		"internal/storeclient":         {"internal/rendezvous", "internal/storelink", "internal/wire"},
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
		"internal/trunk":                       {},
		"internal/longhaul":                    {},
		"internal/filelock":                    {},
		"internal/vault":                       {"internal/filelock", "internal/privatefile"},
		"internal/vault/devicekey":             {"internal/filelock", "internal/privatefile"},
		"internal/vault/backup":                {"internal/container", "internal/vault/devicekey"},
		"internal/privatefile":                 {"internal/atomicfile"},
		"internal/atomicfile":                  {},
		"internal/vault/sealeddb":              {"internal/filelock", "internal/vault/devicekey"},
		"internal/storedlist":                  {"internal/filelock", "internal/vault/devicekey", "internal/vault/sealeddb"},
		"internal/devices":                     {"internal/code", "internal/ratchet", "internal/vault/devicekey", "internal/vault/sealeddb"},
		"internal/ratchet":                     {},
		"internal/history":                     {"internal/filelock", "internal/vault/devicekey", "internal/vault/sealeddb"},
		"internal/settings":                    {"internal/atomicfile"},
		"internal/certificate":                 {},
		"internal/certificate/certificatetest": {},
		"internal/errorreport":                 {},
		"internal/httpserver":                  {},
		"internal/wire":                        {},
		"internal/bench":                       {"internal/broadcast"},
		"internal/turnserver":                  {"internal/publicaddr"},
		"internal/publicaddr":                  {},
		"internal/load":                        {"internal/lane/relayed", "internal/rendezvous", "internal/wire", "relay"},
		"relay":                                {"internal/congestion", "internal/httpserver", "internal/mail", "internal/turnserver", "internal/wire", "relay/mailbox", "relay/outbox", "relay/roomstore", "relay/stored", "web"},
		"relay/outbox":                         {"internal/mail", "internal/publicaddr", "relay/stored"},
		"web":                                  {},
		"relay/roomstore":                      {},
		"relay/mailbox":                        {},
		"relay/mailbox/mailboxtest":            {"relay/mailbox"},
		"relay/mailbox/redisbox":               {"internal/redisclient", "relay/mailbox"},
		"relay/mailbox/sqlitebox":              {"internal/filelock", "relay/mailbox"},
		"internal/boxclient":                   {"internal/rendezvous", "internal/wire"},
		"relay/stored":                         {},
		"relay/stored/diskstore":               {"internal/atomicfile", "internal/disk/osfs", "internal/filelock", "relay/stored"},
		"relay/stored/storedtest":              {"relay/stored"},
		"relay/stored/s3store":                 {"relay/stored"},
		"relay/stored/s3store/s3test":          {},
		"relay/stored/redisindex":              {"internal/redisclient", "relay/stored"},
		"relay/roomstore/redisstore":           {"internal/redisclient", "relay/roomstore"},
		"internal/redisclient":                 {},
		"internal/mail":                        {},
		"internal/mail/mailtest":               {"internal/certificate/certificatetest"},
		"internal/operator":                    {"relay/stored"},
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
		"internal/boxclient":                 {"github.com/cenkalti/backoff/v5"},
		"internal/blockhash":                 {"github.com/klauspost/cpuid/v2", "lukechampine.com/blake3/guts"},
		"internal/certificate":               {"golang.org/x/crypto/acme"},
		"internal/code":                      {"github.com/sethvargo/go-diceware/diceware"},
		"internal/congestion":                {"golang.org/x/sys/unix"},
		"internal/congestion/congestiontest": {"golang.org/x/sys/unix"},
		"internal/container":                 {"golang.org/x/crypto/argon2"},
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
		"internal/mail":    {"github.com/wneessen/go-mail", "golang.org/x/net/idna", "golang.org/x/text/unicode/norm"},
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
		"internal/wordkey":           {"golang.org/x/crypto/argon2"},
		"internal/vault/devicekey":   {"github.com/zalando/go-keyring", "golang.org/x/crypto/argon2"},
		"internal/vault/sealeddb":    {"modernc.org/sqlite"},
		"internal/history":           {"golang.org/x/text/unicode/norm"},
		"internal/filelock":          {"golang.org/x/sys/unix", "golang.org/x/sys/windows"},
		"relay":                      {"github.com/gorilla/websocket", "github.com/pion/stun/v4", "golang.org/x/time/rate"},
		"internal/redisclient":       {"github.com/redis/go-redis/v9"},
		"relay/mailbox/redisbox":     {"github.com/redis/go-redis/v9"},
		"relay/mailbox/sqlitebox":    {"modernc.org/sqlite"},
		"relay/roomstore/redisstore": {"github.com/redis/go-redis/v9"},
		"relay/stored/s3store":       {"github.com/minio/minio-go/v7"},
		"relay/stored/redisindex":    {"github.com/redis/go-redis/v9"},
		"internal/turnserver":        {"github.com/pion/logging", "github.com/pion/stun/v4", "github.com/pion/turn/v5", "golang.org/x/time/rate"},
	}
}

// never says what a package must not depend on, not even indirectly. That the
// relay cannot read what it passes on is visible here.
func never() map[string][]string {
	return map[string][]string{
		"relay": {
			module + "/internal/handshake", module + "/internal/session", module + "/internal/transfer",
			module + "/internal/disk", module + "/internal/container", module + "/internal/archive",
			"github.com/pion/webrtc", "github.com/cloudflare/circl",
		},
		"internal/transfer": {"net/http", "github.com/pion", "github.com/gorilla/websocket"},
		"internal/session":  {"net/http", "github.com/pion", "github.com/gorilla/websocket"},
	}
}

// portable lists the packages that have to compile for a browser.
func portable() []string {
	return []string{
		"internal/wire", "internal/code", "internal/handshake", "internal/session",
		"internal/transfer", "internal/blockhash", "internal/broadcast", "pkg/files",
		"internal/manifest", "internal/archive", "internal/container", "internal/readahead", "internal/storelink", "internal/storeclient", "internal/boxclient", "internal/wordkey",
		"internal/rendezvous", "internal/congestion", "internal/bundle", "internal/opfs", "internal/webfile", "internal/promise",
		"cmd/tallow-wasm",
		"internal/lane", "internal/lane/lanetest", "internal/lane/relayed", "internal/lane/tcp", "internal/lane/webrtc",
	}
}
