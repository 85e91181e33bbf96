package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// deployed reads every YAML document below deploy.
func deployed(t *testing.T) map[string][]map[string]any {
	t.Helper()
	all := make(map[string][]map[string]any)
	for _, pattern := range []string{"docker/*.yaml", "kubernetes/*.yaml"} {
		paths, err := filepath.Glob("../../deploy/" + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			decoder := yaml.NewDecoder(bytes.NewReader(content))
			for {
				var doc map[string]any
				err := decoder.Decode(&doc)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				all[filepath.Base(path)] = append(all[filepath.Base(path)], doc)
			}
		}
	}
	return all
}

// What deploy has is YAML, and each resource of Kubernetes is in the kustomization.
func TestDeployedFiles(t *testing.T) {
	all := deployed(t)
	listed, _ := all["kustomization.yaml"][0]["resources"].([]any)
	for name, docs := range all {
		if name == "compose.yaml" || name == "kustomization.yaml" {
			continue
		}
		if !slices.Contains(listed, any(name)) {
			t.Errorf("%s is not in kustomization.yaml", name)
		}
		for _, doc := range docs {
			if doc["apiVersion"] == nil || doc["kind"] == nil || doc["metadata"] == nil {
				t.Errorf("%s is no resource: %v", name, doc)
			}
		}
	}
}

// The variables, flags and paths that the files below deploy name exist.
func TestDeployedSettings(t *testing.T) {
	s := &server{program: &program{}}
	cmd := newRelay(s.program)
	variables := map[string]bool{variablePrefix + "CONFIG": true}
	for _, setting := range s.table() {
		variables[variablePrefix+strings.ToUpper(strings.ReplaceAll(setting.Name, "-", "_"))] = true
	}
	variable := regexp.MustCompile(`TALLOW_RELAY_[A-Z_]+`)
	flag := regexp.MustCompile(`(?:tallow|relay) [^\n]*?--([a-z-]+)`)
	found := 0
	err := filepath.WalkDir("../../deploy", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, v := range variable.FindAllString(string(content), -1) {
			found++
			if !variables[v] {
				t.Errorf("%s: there is no variable %s", path, v)
			}
		}
		for _, m := range flag.FindAllStringSubmatch(string(content), -1) {
			if cmd.Flags().Lookup(m[1]) == nil {
				t.Errorf("%s: there is no flag --%s", path, m[1])
			}
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d variables, %v", found, err)
	}
}

// The commands of the services that listen for devices are such as tallow takes.
func TestListeningServices(t *testing.T) {
	for path, pattern := range map[string]string{
		"systemd/tallow-listen.service":  `(?m)^ExecStart=/usr/local/bin/(tallow .*)$`,
		"launchd/io.tallow.listen.plist": `<string>exec /usr/local/bin/(tallow .*)</string>`,
	} {
		content, err := os.ReadFile("../../deploy/" + path)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(content)
		if found == nil {
			t.Errorf("%s runs no tallow", path)
			continue
		}
		if args := strings.Fields(string(found[1]))[1:]; args[0] != "receive" || takes(args) != nil {
			t.Errorf("%s: tallow %v: %v", path, args, takes(args))
		}
	}
}
