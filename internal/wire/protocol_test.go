package wire

import (
	"fmt"
	"go/ast"
	"go/constant"
	goparser "go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// docs/protocol.md is what another client is written from. These tests hold its
// numbers against the code of every package that it speaks of.

const protocolPage = "../../docs/protocol.md"

// constants evaluates the constants of this module's packages from their source.
type constants struct {
	packages map[string]map[string]ast.Expr // by package and name
	imports  map[string]string              // directory of a package by its name
}

func newConstants() *constants {
	return &constants{
		packages: make(map[string]map[string]ast.Expr),
		imports: map[string]string{
			"wire": ".", "session": "../session", "transfer": "../transfer", "tcp": "../lane/tcp", "webrtc": "../lane/webrtc", "code": "../code",
			"handshake": "../handshake", "vault": "../vault", "link": "../link", "lan": "../lan", "longhaul": "../longhaul",
			"rendezvous": "../rendezvous", "nearby": "../nearby", "relay": "../../relay", "tallow": "../../pkg/tallow",
			"container": "../container", "boxclient": "../boxclient", "archive": "../archive", "files": "../../pkg/files",
			"storeclient": "../storeclient", "wordkey": "../wordkey",
		},
	}
}

// load reads a package's constants; nil if there is no such package.
func (c *constants) load(t *testing.T, name string) map[string]ast.Expr {
	t.Helper()
	if found, ok := c.packages[name]; ok || c.imports[name] == "" {
		return found
	}
	found := make(map[string]ast.Expr)
	files, err := filepath.Glob(filepath.Join(c.imports[name], "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("package %s: %v, %d files", name, err, len(files))
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := goparser.ParseFile(token.NewFileSet(), file, nil, goparser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			declared, ok := d.(*ast.GenDecl)
			if !ok || declared.Tok != token.CONST {
				continue
			}
			for _, s := range declared.Specs {
				spec := s.(*ast.ValueSpec)
				for i, value := range spec.Values {
					found[spec.Names[i].Name] = value
				}
			}
		}
	}
	c.packages[name] = found
	return found
}

// value is a constant's value; nil if there is none of that name.
func (c *constants) value(t *testing.T, pkg, name string) constant.Value {
	t.Helper()
	expr := c.load(t, pkg)[name]
	if expr == nil {
		return nil
	}
	return c.eval(t, pkg, expr)
}

func (c *constants) eval(t *testing.T, pkg string, expr ast.Expr) constant.Value {
	t.Helper()
	switch e := expr.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0)
	case *ast.ParenExpr:
		return c.eval(t, pkg, e.X)
	case *ast.Ident:
		return c.value(t, pkg, e.Name)
	case *ast.SelectorExpr:
		from := e.X.(*ast.Ident).Name
		if from == "time" {
			return constant.MakeInt64(int64(unit(e.Sel.Name)))
		}
		return c.value(t, from, e.Sel.Name)
	case *ast.BinaryExpr:
		x, y := c.eval(t, pkg, e.X), c.eval(t, pkg, e.Y)
		switch e.Op {
		case token.SHL:
			n, _ := constant.Uint64Val(y)
			return constant.Shift(x, token.SHL, uint(n))
		case token.QUO:
			return constant.BinaryOp(x, token.QUO_ASSIGN, y) // of integers
		}
		return constant.BinaryOp(x, e.Op, y)
	}
	t.Fatalf("a constant of package %s is a %T, which this test cannot evaluate", pkg, expr)
	return nil
}

// unit is a unit of time, as the page or Go writes it; 1 for what is none.
func unit(name string) time.Duration {
	switch name {
	case "ms", "Millisecond":
		return time.Millisecond
	case "s", "Second":
		return time.Second
	case "min", "Minute":
		return time.Minute
	case "h", "Hour":
		return time.Hour
	}
	return 1
}

// tableRows gives the cells of every row of every table of the page.
func tableRows(t *testing.T) [][]string {
	t.Helper()
	page, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "|") {
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// Every row that names a constant has its value.
func TestProtocolPageHasTheLimits(t *testing.T) {
	named := regexp.MustCompile(`^([a-z]+)\.(\w+)$`)
	known := newConstants()
	checked := 0
	for _, row := range tableRows(t) {
		if len(row) != 3 || !named.MatchString(row[2]) {
			continue
		}
		pkg, name := path.Split(strings.Replace(row[2], ".", "/", 1))
		got := known.value(t, strings.TrimSuffix(pkg, "/"), name)
		if got == nil {
			t.Errorf("%q: there is no constant %s", row[0], row[2])
			continue
		}
		number, of, _ := strings.Cut(row[1], " ")
		n, err := strconv.ParseInt(strings.ReplaceAll(number, ",", ""), 10, 64)
		if err != nil {
			t.Errorf("%q: %v", row[0], err)
			continue
		}
		if want := constant.MakeInt64(n * int64(unit(of))); !constant.Compare(got, token.EQL, want) {
			t.Errorf("%q is %s on the page, and %s is %s", row[0], row[1], row[2], got)
		}
		checked++
	}
	if checked < 70 {
		t.Errorf("only %d limits were found on the page", checked)
	}
}

// Every message, frame and record of the page has the code's first byte, and
// none of the code's is missing.
func TestProtocolPageHasTheTypes(t *testing.T) {
	known := newConstants()
	kinds := known.load(t, "wire")
	missing := make(map[string]bool)
	for name := range kinds {
		if regexp.MustCompile(`^(Type|kind)[A-Z]\w+$|^Room\w+Kind$|^Record(Control|Data)$`).MatchString(name) {
			missing[name] = true
		}
	}
	if len(missing) < 29 {
		t.Fatalf("only %d kinds of messages in the code", len(missing))
	}
	for _, row := range tableRows(t) {
		n, err := strconv.ParseUint(strings.TrimPrefix(row[0], "0x"), 16, 8)
		if !strings.HasPrefix(row[0], "0x") || err != nil {
			continue
		}
		title := strings.ToUpper(row[1][:1]) + row[1][1:]
		found := ""
		for _, name := range []string{"Type" + title, "kind" + title, "Room" + title + "Kind", "Record" + title} {
			if v := known.value(t, "wire", name); v != nil && missing[name] {
				found = name
				if !constant.Compare(v, token.EQL, constant.MakeUint64(n)) {
					t.Errorf("%s is %s on the page, and %s is %s", row[1], row[0], name, v)
				}
			}
		}
		if found == "" {
			t.Errorf("%s %s: there is none, or it is on the page twice", row[0], row[1])
		}
		delete(missing, found)
	}
	for name := range missing {
		t.Errorf("%s is not on the page", name)
	}
}

// Every code of the relay's errors is on the page, with its word.
func TestProtocolPageHasTheErrorCodes(t *testing.T) {
	onPage := make(map[string]bool) // of every table; the words are those of one alone
	for _, row := range tableRows(t) {
		onPage[row[0]+" "+row[min(1, len(row)-1)]] = true
	}
	codes := 0
	for code := RoomErrorCode(1); roomErrorName(code) != ""; code++ {
		codes++
		if want := fmt.Sprintf("%d `%v`", code, code); !onPage[want] {
			t.Errorf("%s is not on the page", want)
		}
	}
	if codes < 11 {
		t.Errorf("only %d codes", codes)
	}
}

// The vectors that the page names are there.
func TestProtocolPageNamesTheVectors(t *testing.T) {
	page, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../testdata/vectors/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d vector files, %v", len(files), err)
	}
	for _, file := range files {
		if !strings.Contains(string(page), "`"+filepath.Base(file)+"`") {
			t.Errorf("the page does not name %s", filepath.Base(file))
		}
	}
}
