package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// nginxConf is around the servers of a test: everything is in one folder.
const nginxConf = `daemon off;
%s
pid FOLDER/nginx.pid;
error_log FOLDER/error.log;
events {}
http {
	access_log FOLDER/access.log;
	client_body_temp_path FOLDER/body;
	proxy_temp_path FOLDER/proxy;
	fastcgi_temp_path FOLDER/fastcgi;
	uwsgi_temp_path FOLDER/uwsgi;
	scgi_temp_path FOLDER/scgi;
	include FOLDER/servers.conf;
}
`

// nginxPath returns where nginx is: it is not on everybody's PATH.
func nginxPath() (string, bool) {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// nginx RELAY CERT [WITHOUT...] runs nginx with the configuration that deploy/nginx has,
// in front of the relay at an address, with CERT.crt and CERT.key. Lines that have one
// of WITHOUT in them are left out. It sets NGINX to its address by HTTPS, and NGINX_HTTP
// to the one by HTTP. It ends with the script.
func runNginx(ts *testscript.TestScript, neg bool, args []string) {
	program, ok := nginxPath()
	if neg || len(args) < 2 || !ok {
		ts.Fatalf("usage: nginx RELAY CERT [WITHOUT...], where nginx is installed")
	}
	folder, err := os.MkdirTemp(ts.MkAbs("."), "nginx")
	ts.Check(err)
	recipe, err := os.ReadFile(filepath.Join(ts.Getenv("SOURCE"), "deploy", "nginx", "relay.conf"))
	ts.Check(err)
	secure, plain := freeAddr(ts), freeAddr(ts)
	var servers strings.Builder
	for line := range strings.Lines(string(recipe)) {
		left := false
		for _, without := range args[2:] {
			left = left || strings.Contains(line, without)
		}
		if !left {
			servers.WriteString(line)
		}
	}
	replaced := servers.String()
	for _, r := range [][2]string{
		{"listen 443", "listen " + secure},
		{"listen 80", "listen " + plain},
		{"/etc/ssl/relay.example/fullchain.pem", ts.MkAbs(args[1] + ".crt")},
		{"/etc/ssl/relay.example/privkey.pem", ts.MkAbs(args[1] + ".key")},
		{"http://127.0.0.1:8080", "http://" + args[0]},
	} {
		if strings.Count(replaced, r[0]) != 1 {
			ts.Fatalf("deploy/nginx/relay.conf has no single %q", r[0])
		}
		replaced = strings.ReplaceAll(replaced, r[0], r[1])
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // who alone can read the folders of tests
	}
	conf := strings.ReplaceAll(fmt.Sprintf(nginxConf, user), "FOLDER", folder)
	ts.Check(os.WriteFile(filepath.Join(folder, "servers.conf"), []byte(replaced), 0o600))
	ts.Check(os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(conf), 0o600))
	cmd := exec.Command(program, "-p", folder, "-e", filepath.Join(folder, "error.log"), "-c", filepath.Join(folder, "nginx.conf"))
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt) // which ends its workers too
		<-ended
	})
	ts.Check(poll(func() error {
		select {
		case err := <-ended:
			ended <- err
			ts.Fatalf("nginx ended: %v: %s", err, output.String())
		default:
		}
		conn, err := net.Dial("tcp", secure)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}))
	ts.Setenv("NGINX", secure)
	ts.Setenv("NGINX_HTTP", plain)
}

// freeAddr is the address of a port that was free a moment ago.
func freeAddr(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}
