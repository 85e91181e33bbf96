package settings

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Print writes the values as a file that Load reads back, each with its help. Of a
// secret it only says whether there is one.
func (s *Set) Print(w io.Writer) error {
	var b bytes.Buffer
	// In TOML, tables come last.
	for _, tables := range []bool{false, true} {
		for _, setting := range s.table {
			if setting.FileOnly == tables {
				if err := setting.print(&b); err != nil {
					return err
				}
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s Setting) print(b *bytes.Buffer) error {
	help := strings.ReplaceAll(s.Help, "`", "")
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if help != "" {
		fmt.Fprintf(b, "# %s\n", strings.ReplaceAll(help, "\n", "\n# "))
	}
	value := reflect.ValueOf(s.printed())
	empty := value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0
	switch {
	case s.Secret && empty:
		fmt.Fprintf(b, "# %s is not set\n", s.Name)
		return nil
	case s.Secret:
		fmt.Fprintf(b, "# %s is set, and not shown\n", s.Name)
		return nil
	case s.FileOnly && empty:
		return nil
	}
	line, err := toml.Marshal(map[string]any{s.Name: s.printed()})
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	_, err = b.Write(line)
	return err
}
