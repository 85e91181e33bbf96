package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
)

// TestCluster runs the scripts of relays that share a Redis. Each script has one
// of its own.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	nginx, ok := nginxPath()
	if !ok {
		if os.Getenv("TALLOW_TEST_REQUIRE_NET") != "" {
			t.Fatal("nginx is missing")
		}
		t.Skip("needs nginx")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/cluster",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Values[redisKey{}] = redistest.Start(scriptTest{T: e.T(), env: e, ctx: t.Context()})
			e.Setenv("REDIS", e.Values[redisKey{}].(*redistest.Server).URL)
			e.Setenv("TALLOW_RELAY_REDIS", e.Getenv("REDIS"))
			e.Setenv("TALLOW_RELAY_NODE_SECRET", strings.Repeat("secret", 6))
			e.Setenv("TALLOW_RELAY_NODE_LISTEN", "127.0.0.1:0")
			e.Setenv("TALLOW_RELAY_NODE_ADDRESS", "127.0.0.1:0")
			e.Setenv("TALLOW_RELAY_LISTEN", "127.0.0.1:0")
			return surround("")(e)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":    await,
			"balancer": balance(nginx),
			"code":     readCode,
			"events":   checkEvents,
			"get":      get,
			"message":  message,
			"ready":    awaitReady,
			"rooms":    awaitRooms,
			"random":   random,
			"redis":    controlRedis,
			"relay":    useRelay,
			"set":      setFromFile,
			"stop":     signalCommand(syscall.SIGSTOP),
			"cont":     signalCommand(syscall.SIGCONT),
			"term":     terminate,
			"zeros":    zeros,
		},
	})
}

type redisKey struct{}

// scriptTest is what redistest and s3test need of a test.
type scriptTest struct {
	testing.TB
	testscript.T
	env *testscript.Env
	ctx context.Context
}

func (s scriptTest) Helper()                  {}
func (s scriptTest) Cleanup(f func())         { s.env.Defer(f) }
func (s scriptTest) Context() context.Context { return s.ctx }
func (s scriptTest) Fatal(args ...any)        { s.T.Fatal(args...) }
func (s scriptTest) Skip(args ...any)         { s.T.Skip(args...) }
func (s scriptTest) Log(args ...any)          { s.T.Log(args...) }
func (s scriptTest) FailNow()                 { s.T.FailNow() }

func (s scriptTest) Fatalf(format string, args ...any) { s.T.Fatal(fmt.Sprintf(format, args...)) }

func (s scriptTest) TempDir() string {
	dir, err := os.MkdirTemp(s.env.WorkDir, "server")
	if err != nil {
		s.T.Fatal(err)
	}
	return dir
}

// redis stop, cont, kill and restart do that with the script's Redis.
func controlRedis(ts *testscript.TestScript, neg bool, args []string) {
	server := ts.Value(redisKey{}).(*redistest.Server)
	switch strings.Join(args, " ") {
	case "stop":
		server.Signal(syscall.SIGSTOP)
	case "cont":
		server.Signal(syscall.SIGCONT)
	case "kill":
		server.Kill()
	case "restart":
		server.Restart()
	default:
		ts.Fatalf("usage: redis stop|cont|kill|restart")
	}
}

// stop WORD, or cont, pauses the background command that has WORD in its
// arguments, or lets it go on.
func signalCommand(s os.Signal) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: stop WORD")
		}
		signalTo(ts, s, args[0])
	}
}

// ready ADDRESS waits until the relay there is ready, "! ready" until it says that
// it is not.
func awaitReady(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready ADDRESS")
	}
	want := "200"
	if neg {
		want = "503"
	}
	ts.Check(poll(func() error {
		status, err := statusOf("http://" + args[0] + "/api/ready")
		if err == nil && status != want {
			err = fmt.Errorf("status %s", status)
		}
		return err
	}))
}

// rooms ADDRESS N waits until the relay there has N rooms.
func awaitRooms(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rooms ADDRESS N")
	}
	want := `"rooms":` + args[1] + `,`
	ts.Check(poll(func() error {
		resp, err := http.Get("http://" + args[0] + "/api/health")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err == nil && !strings.Contains(string(body), want) {
			err = fmt.Errorf("not %s: %s", want, body)
		}
		return err
	}))
}

func statusOf(url string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return strconv.Itoa(resp.StatusCode), err
}

var balancerConfig = template.Must(template.New("balancer").Parse(`
daemon off;
pid nginx.pid;
error_log stderr error;
worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	map $http_upgrade $connection_upgrade { default upgrade; '' close; }
	upstream nodes {
		{{range .Nodes}}server {{.}} max_fails=1 fail_timeout=1s;
		{{end}}
	}
	server {
		listen {{.Listen}};
		location / {
			proxy_pass http://nodes;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
			proxy_buffering off;
			proxy_connect_timeout 2s;
			proxy_next_upstream error timeout http_502 http_503 non_idempotent;
		}
	}
}
`))

// balancer NODE... starts nginx in front of nodes and puts its address in
// TALLOW_RELAY.
func balance(nginx string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		addr := freeAddr(ts) // nginx cannot tell which port it took
		dir := ts.MkAbs("nginx")
		ts.Check(os.MkdirAll(dir, 0o777))
		var config bytes.Buffer
		ts.Check(balancerConfig.Execute(&config, map[string]any{"Listen": addr, "Nodes": args}))
		file := filepath.Join(dir, "nginx.conf")
		ts.Check(os.WriteFile(file, config.Bytes(), 0o600))
		cmd := exec.Command(nginx, "-e", "stderr", "-p", dir, "-c", file)
		var log bytes.Buffer
		cmd.Stderr = &log
		ts.Check(cmd.Start())
		ts.Defer(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			ts.Logf("nginx: %s", &log)
		})
		ts.Setenv("TALLOW_RELAY", addr)
		ts.Check(poll(func() error {
			_, err := statusOf("http://" + addr + "/api/ready")
			return err
		}))
	}
}
