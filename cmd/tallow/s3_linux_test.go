package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// TestS3 runs the scripts of relays that store in a bucket. Each script has a server of
// S3 and a Redis of its own.
func TestS3(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/s3",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "long" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return os.Getenv("TALLOW_TEST_LONG") != "", nil
		},
		Setup: func(e *testscript.Env) error {
			test := scriptTest{T: e.T(), env: e, ctx: t.Context()}
			server := s3test.Start(test)
			e.Values[s3Key{}] = server
			e.Setenv("REDIS", redistest.Start(test).URL)
			e.Setenv("TALLOW_RELAY_STORE", "s3://"+s3test.Bucket+"/sealed")
			e.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
			e.Setenv("AWS_ACCESS_KEY_ID", s3test.AccessKey)
			e.Setenv("AWS_SECRET_ACCESS_KEY", s3test.SecretKey)
			e.Setenv("TALLOW_RELAY_LISTEN", "127.0.0.1:0")
			e.Setenv("TALLOW_RELAY_STUN", "off")
			return surround("")(e)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":  await,
			"events": checkEvents,
			"random": random,
			"relay":  useRelay,
			"s3":     controlS3,
			"set":    setFromFile,
			"stored": storeForScript,
			"term":   terminate,
		},
	})
}

type s3Key struct{}

// s3 cut and mend do that with the connections to the server.
func controlS3(ts *testscript.TestScript, neg bool, args []string) {
	server := ts.Value(s3Key{}).(*s3test.Server)
	switch strings.Join(args, " ") {
	case "cut":
		server.Cut()
	case "mend":
		server.Mend()
	default:
		ts.Fatalf("usage: s3 cut|mend")
	}
}
