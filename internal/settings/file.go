package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

var errTooLarge = fmt.Errorf("it is larger than %d bytes", maxFile)

// file is a file of settings.
type file struct {
	name   string
	values map[string]any // by the names of their settings
	lines  map[string]int // where they are
}

// place says where a setting is in the file.
func (f file) place(line int) string { return fmt.Sprintf("%s, line %d", f.name, line) }

func (s *Set) readFile(name string) (file, error) {
	f := file{name: name}
	if name == "" {
		return f, nil
	}
	content, err := readBounded(name)
	if err != nil {
		return f, &Error{Place: name, Problem: Unreadable, Err: err}
	}
	return s.parseFile(name, content)
}

// parseFile is readFile with the content of the file.
func (s *Set) parseFile(name string, content []byte) (f file, err error) {
	f.name = name
	f.values, err = s.decode(content)
	var e *Error
	if errors.As(err, &e) {
		e.Place = f.place(e.Line)
	}
	f.lines = lines(content)
	return f, err
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = errTooLarge
	}
	return content, err
}

// decode decodes a file into a struct that has a pointer for each setting, so that
// what is missing in the file stays nil, and what is no setting is an error with its
// line.
func (s *Set) decode(content []byte) (map[string]any, error) {
	fields := make([]reflect.StructField, len(s.table))
	for i, setting := range s.table {
		fields[i] = reflect.StructField{
			Name: fmt.Sprintf("F%d", i),
			Type: reflect.PointerTo(setting.fileType()),
			Tag:  reflect.StructTag(fmt.Sprintf("toml:%q", setting.Name)),
		}
	}
	var anything map[string]any
	if err := toml.Unmarshal(content, &anything); err != nil {
		return nil, s.decodeError(err, BadSyntax)
	}
	document := reflect.New(reflect.StructOf(fields))
	decoder := toml.NewDecoder(bytes.NewReader(content)).DisallowUnknownFields()
	if err := decoder.Decode(document.Interface()); err != nil {
		return nil, s.decodeError(err, BadValue)
	}
	values := make(map[string]any)
	for i, setting := range s.table {
		if field := document.Elem().Field(i); !field.IsNil() {
			values[setting.Name] = field.Elem().Interface()
		}
	}
	return values, nil
}

// lines returns the lines of the keys of a valid file: the decoder says where the
// keys are that a struct lacks, and here it lacks them all.
func lines(content []byte) map[string]int {
	found := make(map[string]int)
	var all *toml.StrictMissingError
	if errors.As(toml.NewDecoder(bytes.NewReader(content)).DisallowUnknownFields().Decode(&struct{}{}), &all) {
		for _, e := range all.Errors {
			if key := e.Key(); found[key[0]] == 0 {
				found[key[0]], _ = e.Position()
			}
		}
	}
	return found
}

// decodeError gives an error of the TOML decoder its type. Of several unknown keys
// it names the first.
func (s *Set) decodeError(err error, problem Problem) error {
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	if errors.As(err, &strict) {
		decode, problem = &strict.Errors[0], Unknown
	} else if !errors.As(err, &decode) {
		return &Error{Line: 1, Problem: problem, Err: err}
	}
	line, _ := decode.Position()
	e := &Error{Line: line, Name: strings.Join(decode.Key(), "."), Problem: problem, Err: err}
	if problem == Unknown {
		e.Nearest = s.Nearest(e.Name)
	}
	return e
}
