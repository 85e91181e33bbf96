package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// action is what is read of action.yml.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description string
		Default     string
		Required    bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, If, Shell, Run string
			Env                map[string]string
		}
	}
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// action.yml is whole: each input has a description, is documented and reaches a
// script by a variable that the script reads; no input is put into the text of a
// script; each output is one that a script writes.
func TestActionFile(t *testing.T) {
	a := readAction(t)
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" || len(a.Runs.Steps) != 2 {
		t.Fatalf("not a composite action of two steps: %+v", a)
	}
	page := pages(t)["ci.md"]
	passed := make(map[string]bool)
	var scripts strings.Builder
	for _, step := range a.Runs.Steps {
		if step.Shell != "bash" || strings.Contains(step.Run, "${{") {
			t.Errorf("a step by %s, which runs %s", step.Shell, step.Run)
		}
		path := strings.Trim(strings.TrimPrefix(strings.Trim(step.Run, `"`), "$GITHUB_ACTION_PATH/"), `"`)
		script, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(script)
		for variable, value := range step.Env {
			name := regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`).FindStringSubmatch(value)
			if name == nil {
				t.Fatalf("%s is %s", variable, value)
			}
			if want := "INPUT_" + strings.ToUpper(strings.ReplaceAll(name[1], "-", "_")); variable != want || !strings.Contains(string(script), variable) {
				t.Errorf("the variable %s of %s, want %s, which %s has to read", variable, name[1], want, path)
			}
			passed[name[1]] = true
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" || !passed[name] || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the input %s: %+v, passed on: %v", name, in, passed[name])
		}
	}
	if len(passed) != len(a.Inputs) {
		t.Errorf("%d inputs, and %d are passed on", len(a.Inputs), len(passed))
	}
	for name, out := range a.Outputs {
		if out.Value != "${{ steps.run.outputs."+name+" }}" || !strings.Contains(scripts.String(), `echo "`+name+`=`) || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the output %s: %+v", name, out)
		}
	}
}

// The workflow of docs/ci.md gives the Action what it takes and needs.
func TestWorkflowUsesTheAction(t *testing.T) {
	a := readAction(t)
	type step struct {
		Uses string
		With map[string]string
	}
	var workflow struct {
		Jobs map[string]struct{ Steps []step }
	}
	uses := 0
	for _, b := range blocks(pages(t)["ci.md"]) {
		if b.heading != "GitHub" || b.info != "yaml" {
			continue
		}
		if err := yaml.Unmarshal([]byte(b.text), &workflow); err != nil {
			t.Fatal(err)
		}
		for _, job := range workflow.Jobs {
			for _, s := range job.Steps {
				if !strings.HasPrefix(s.Uses, "tallow-transfer/tallow@") {
					continue
				}
				uses++
				for name := range s.With {
					if _, ok := a.Inputs[name]; !ok {
						t.Errorf("there is no input %s", name)
					}
				}
				for name, in := range a.Inputs {
					if in.Required && s.With[name] == "" {
						t.Errorf("the input %s is not given", name)
					}
				}
			}
		}
	}
	if uses != 2 {
		t.Errorf("the action is used %d times, want twice", uses)
	}
}
