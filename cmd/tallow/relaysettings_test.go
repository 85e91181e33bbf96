package main

import (
	"regexp"
	"testing"
)

// Kubernetes gives every container variables with the address of each Service. For
// a Service that is called tallow-relay they begin as those of the settings do.
func TestSettingsAreNoVariablesOfKubernetes(t *testing.T) {
	taken := regexp.MustCompile(`^(port|service)(-|$)`)
	s := &server{program: &program{}}
	for _, setting := range s.table() {
		if taken.MatchString(setting.Name) {
			t.Errorf("the setting %s would be set by Kubernetes", setting.Name)
		}
	}
}
