package code

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The example codes that people read are such as Generate makes.
func TestExampleCodes(t *testing.T) {
	example := regexp.MustCompile(`\b[0-9]+(?:-[a-z]+){2,}`)
	for _, file := range []string{
		"README.md", "docs/cli.md", "docs/architecture.md", "pkg/tallow/doc.go",
		"cmd/tallow/root.go", "cmd/tallow/receive.go", "cmd/tallow/send.go", "cmd/tallow/endings.go",
	} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		examples := example.FindAllString(string(text), -1)
		if len(examples) == 0 {
			t.Errorf("%s has no example of a code", file)
		}
		for _, typed := range examples {
			c, err := Parse(typed)
			if err != nil || len(c.Words) != DefaultWords {
				t.Errorf("%s: %s: %v, %v", file, typed, c.Words, err)
			}
			for _, w := range c.Words {
				if _, ok := slices.BinarySearch(words().short, w); !ok {
					t.Errorf("%s: %s: %s is in no generated code", file, typed, w)
				}
			}
		}
	}
}
