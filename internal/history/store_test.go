package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// testKey makes a device key in a folder.
func testKey(t testing.TB, dir string) *devicekey.Key {
	t.Helper()
	o, err := devicekey.Store{Dir: dir, NoKeyring: errors.New("a test")}.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o.Key
}

func openIn(t testing.TB, dir string, now func() time.Time) *Store {
	t.Helper()
	if now == nil {
		now = func() time.Time { return noon }
	}
	s, err := Open(context.Background(), filepath.Join(dir, "history"), testKey(t, dir), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// example is an entry with a value in every field.
func example() Entry {
	return Entry{
		Started: noon, Ended: noon.Add(time.Minute), Direction: Sent, State: Completed,
		Names: []string{"Report.pdf", "photos"}, Paths: []string{"/home/ana/Report.pdf", "/srv/photos"},
		Folder: "/home/ana/got", Peer: "laptop", Relay: "relay.example", Address: "192.0.2.77",
		Outcome: Outcome{Files: 3, Bytes: 1 << 40, Sent: 12, Skipped: 1, Elapsed: time.Second, Lanes: map[string]int64{"tcp": 12}, Kind: "partial", Reason: "skipped"},
	}
}

// record keeps an entry from its beginning to its end.
func record(t testing.TB, s *Store, e Entry) int64 {
	t.Helper()
	begun := e
	begun.State, begun.Ended = Running, time.Time{}
	r, err := s.Begin(context.Background(), begun)
	if err == nil {
		err = r.Save(context.Background(), e)
	}
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.id
}

func list(t testing.TB, s *Store, f Filter) []Entry {
	t.Helper()
	entries, _, err := s.List(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func ids(entries []Entry) (all []int64) {
	for _, e := range entries {
		all = append(all, e.ID)
	}
	return all
}

func TestEntryComesBack(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, func() time.Time { return noon })
	want := example()
	want.ID = record(t, s, want)
	check := func(s *Store) {
		t.Helper()
		got, err := s.Get(t.Context(), want.ID)
		got.Started, got.Ended = got.Started.UTC(), got.Ended.UTC()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\n%v\nwant %+v", got, err, want)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(openIn(t, dir, nil))
	if _, err := openIn(t, dir, nil).Get(t.Context(), want.ID+1); !errors.Is(err, ErrNoEntry) {
		t.Errorf("of another number: %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "history", "running"))
	if err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// Every file of the folder, while the database is open and after it, has nothing of
// what is sealed, and is closed to others.
func TestNothingInTheClear(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, nil)
	e := example()
	e.Outcome.Reason = "secret-reason"
	secrets := [][]byte{[]byte("secret-reason"), []byte("laptop"), []byte("192.0.2.77"), []byte("relay.example"), []byte("eport.pdf"), []byte("photos"), []byte("home/ana"), []byte("/srv")}
	check := func(when string) {
		t.Helper()
		files := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			info, err := d.Info()
			if err != nil {
				return err
			}
			if mode := info.Mode().Perm(); filepath.Separator == '/' && mode != 0o600 {
				t.Errorf("%s: %s has the mode %v", when, path, mode)
			}
			content, err := os.ReadFile(path)
			for _, secret := range secrets {
				if bytes.Contains(bytes.ToLower(content), secret) {
					t.Errorf("%s: %s has %q in it", when, path, secret)
				}
			}
			return err
		})
		if err != nil || files < 3 {
			t.Errorf("%s: %d files, %v", when, files, err)
		}
	}
	begun := e
	begun.State = Running
	r, err := s.Begin(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	check("while a transfer runs")
	if err := r.Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 3*pageSize, func(int) Entry { return e })
	record(t, s, e) // makes pages
	check("while it is open")
	if _, err := s.Clear(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	check("after it was cleared")
	record(t, s, e)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("after it was closed")
}

// fill adds entries in one transaction, as if they had ended.
func fill(t testing.TB, s *Store, n int, entry func(i int) Entry) {
	t.Helper()
	ctx := context.Background()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := s.insert(ctx, tx, entry(i), "nobody"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.pack(ctx, tx); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// A sealed value that is put in the place of another one is refused, wherever that
// is.
func TestValuesCannotBeSwapped(t *testing.T) {
	for _, swap := range []string{
		"UPDATE entries SET names = (SELECT names FROM entries WHERE id = 2) WHERE id = 1",
		"UPDATE entries SET peer = names WHERE id = 1",
		"UPDATE entries SET names = (SELECT text FROM texts WHERE id = 1) WHERE id = 1",
		"UPDATE entries SET names = (SELECT known FROM meta) WHERE id = 1",
		"UPDATE entries SET places = x'' WHERE id = 1",
		"UPDATE entries SET outcome = substr(outcome, 1, length(outcome) - 1) WHERE id = 1",
		"DELETE FROM entries WHERE id = 2; UPDATE entries SET id = 2 WHERE id = 1; UPDATE texts SET id = 9 WHERE id = 1",
		"UPDATE texts SET text = (SELECT text FROM texts WHERE id = 2) WHERE id = 1",
		"INSERT INTO pages (id, last, texts) SELECT id, id, text FROM texts WHERE id = 1",
	} {
		s := openIn(t, t.TempDir(), nil)
		record(t, s, example())
		record(t, s, example())
		if _, err := s.db.ExecContext(t.Context(), swap); err != nil {
			t.Fatal(err)
		}
		_, _, errList := s.List(t.Context(), Filter{})
		_, _, errSearch := s.List(t.Context(), Filter{Text: "report"})
		if !errors.Is(errList, ErrDamaged) && !errors.Is(errSearch, ErrDamaged) {
			t.Errorf("%s: %v, %v", swap, errList, errSearch)
		}
	}
}

func TestWrongKey(t *testing.T) {
	dir := t.TempDir()
	if err := openIn(t, dir, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "history"), testKey(t, t.TempDir()), nil); !errors.Is(err, ErrWrongKey) {
		t.Error(err)
	}
}

func TestFilters(t *testing.T) {
	s := openIn(t, t.TempDir(), func() time.Time { return noon })
	for i, e := range []Entry{
		{Direction: Sent, State: Completed, Names: []string{"Report.pdf"}, Paths: []string{"/home/Ana/Report.pdf"}, Relay: "relay.example"},
		{Direction: Received, State: Failed, Names: []string{"photos"}, Folder: "/home/Bo/got"},
		{Direction: Received, State: Cancelled, Names: []string{"Cafe\u0301.txt"}, Peer: "Laptop", Address: "2001:DB8::7"},
		{Direction: Sent, State: Completed, Text: true},
	} {
		e.Started = noon.Add(time.Duration(i) * time.Hour)
		record(t, s, e)
	}
	for name, tt := range map[string]struct {
		filter Filter
		want   []int64
	}{
		"all":                     {Filter{}, []int64{4, 3, 2, 1}},
		"the last ones":           {Filter{Limit: 2}, []int64{4, 3}},
		"a name":                  {Filter{Name: "rePORT"}, []int64{1}},
		"an accent as one":        {Filter{Name: "CAFÉ"}, []int64{3}},
		"a path is no name":       {Filter{Name: "ana"}, nil},
		"a path":                  {Filter{Text: "/ana/"}, []int64{1}},
		"a folder":                {Filter{Text: "/bo/"}, []int64{2}},
		"a peer":                  {Filter{Peer: "lap"}, []int64{3}},
		"a peer as it is written": {Filter{Peer: "LAPTOP"}, []int64{3}},
		"a peer anywhere":         {Filter{Text: "laptop"}, []int64{3}},
		"an address":              {Filter{Peer: "2001:db8::7"}, []int64{3}},
		"an address is no name":   {Filter{Name: "2001:db8"}, nil},
		"a relay":                 {Filter{Peer: "relay."}, []int64{1}},
		"a name is no peer":       {Filter{Peer: "photos"}, nil},
		"two that apply":          {Filter{Name: "report", Peer: "relay"}, []int64{1}},
		"one that does not":       {Filter{Name: "report", Peer: "laptop"}, nil},
		"a state":                 {Filter{State: Completed}, []int64{4, 1}},
		"a direction":             {Filter{Direction: Received}, []int64{3, 2}},
		"since":                   {Filter{Since: noon.Add(2 * time.Hour)}, []int64{4, 3}},
		"until":                   {Filter{Until: noon.Add(2 * time.Hour)}, []int64{2, 1}},
		"a text and a state":      {Filter{Text: "o", State: Failed}, []int64{2}},
		"texts, the last one":     {Filter{Text: "o", Limit: 1}, []int64{3}},
		"what separates is none":  {Filter{Text: "\x00"}, []int64{4, 3, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ids(list(t, s, tt.filter)); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if _, more, err := s.List(t.Context(), Filter{Limit: 3}); err != nil || !more {
		t.Errorf("that there are more: %v, %v", more, err)
	}
	if _, more, err := s.List(t.Context(), Filter{Limit: 4}); err != nil || more {
		t.Errorf("that there are no more: %v, %v", more, err)
	}
}

// Searches find the same before and after texts have become pages, also that of an
// entry that ended long after those around it, and none that was cleared.
func TestPages(t *testing.T) {
	s := openIn(t, t.TempDir(), func() time.Time { return noon })
	slow := example()
	slow.Names, slow.State = []string{"slow"}, Running
	r, err := s.Begin(t.Context(), slow)
	if err != nil {
		t.Fatal(err)
	}
	numbered := func(i int) Entry {
		e := example()
		e.Names, e.Started = []string{fmt.Sprintf("file-%04d", i)}, noon.Add(time.Duration(i)*time.Second)
		return e
	}
	const many = 4*pageSize + 7
	fill(t, s, many, numbered)
	pages := func() (n int) {
		t.Helper()
		if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM pages").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := pages(); got != 3 {
		t.Errorf("%d pages", got)
	}
	find := func(name string, want ...int64) {
		t.Helper()
		if got := ids(list(t, s, Filter{Name: name})); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	find("file-0000", 2)
	find("file-1030", 1032)
	find("slow", 1)
	slow.State = Completed
	if err := r.Save(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	fill(t, s, pageSize, numbered)
	find("slow", 1)
	find("file-0000", many+2, 2)

	deleted, err := s.Clear(t.Context(), noon.Add(300*time.Second))
	if want := int64(300 + pageSize + 1); err != nil || deleted != want {
		t.Errorf("%d cleared, want %d, %v", deleted, want, err)
	}
	find("slow")
	find("file-0000")
	find("file-0300", 302)
	if got := len(list(t, s, Filter{Name: "file"})); got != many-300 {
		t.Errorf("%d are left", got)
	}
	if _, err := s.Clear(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := pages(); got != 0 {
		t.Errorf("%d pages of nothing", got)
	}
}

// What is older than Retention goes when the next transfer begins.
func TestRetention(t *testing.T) {
	now := noon
	s := openIn(t, t.TempDir(), func() time.Time { return now })
	e := example()
	record(t, s, e)
	now = noon.Add(Retention)
	e.Started = now
	record(t, s, e)
	if got := ids(list(t, s, Filter{})); !slices.Equal(got, []int64{2, 1}) {
		t.Errorf("after %v: %v", Retention, got)
	}
	now = now.Add(time.Millisecond)
	record(t, s, e)
	if got := ids(list(t, s, Filter{})); !slices.Equal(got, []int64{3, 2}) {
		t.Errorf("later: %v", got)
	}
}

// A transfer that runs is not cleared, and what was cleared does not come back.
func TestClearWhileRunning(t *testing.T) {
	s := openIn(t, t.TempDir(), nil)
	e := example()
	e.State = Running
	r, err := s.Begin(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Clear(t.Context(), noon.Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d cleared, %v", n, err)
	}
	if got := list(t, s, Filter{State: Running}); len(got) != 1 {
		t.Errorf("%v runs", got)
	}
	if _, err := s.db.ExecContext(t.Context(), "DELETE FROM entries"); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(t.Context(), example()); err != nil {
		t.Error(err)
	}
	if got := list(t, s, Filter{}); len(got) != 0 {
		t.Errorf("it came back: %v", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Processes share the history, and one that was killed leaves an interrupted entry.
func TestProcesses(t *testing.T) {
	dir := os.Getenv("HISTORY_CHILD")
	if dir != "" {
		s := openIn(t, dir, nil)
		for range 10 {
			record(t, s, example())
		}
		e := example()
		e.State, e.Ended = Running, time.Time{}
		if _, err := s.Begin(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		t.Fatal(err)
	}
	dir = t.TempDir()
	const many = 3
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$", "-test.timeout=2m")
			cmd.Env = append(os.Environ(), "HISTORY_CHILD="+dir)
			if out, _ := cmd.CombinedOutput(); strings.Contains(string(out), "FAIL") {
				t.Errorf("%s", out)
			}
		})
	}
	wg.Wait()
	s := openIn(t, dir, nil)
	if got := len(list(t, s, Filter{State: Completed})); got != many*10 {
		t.Errorf("%d completed", got)
	}
	interrupted := list(t, s, Filter{State: Interrupted})
	if len(interrupted) != many {
		t.Fatalf("%d interrupted: %v", len(interrupted), interrupted)
	}
	if e := interrupted[0]; !e.Ended.IsZero() || e.Names[0] != "Report.pdf" {
		t.Errorf("it is %+v", e)
	}
	left, err := os.ReadDir(filepath.Join(dir, "history", "running"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Too much is not kept: the first names, and either all paths or none.
func TestBounds(t *testing.T) {
	s := openIn(t, t.TempDir(), nil)
	e := example()
	e.Names = slices.Repeat([]string{strings.Repeat("n", 1000)}, 100)
	e.Paths = slices.Repeat([]string{"/" + strings.Repeat("p", 1000)}, 100)
	got, err := s.Get(t.Context(), record(t, s, e))
	if err != nil || len(got.Names) != 8 || len(got.Paths) != 0 {
		t.Errorf("%d names, %d paths, %v", len(got.Names), len(got.Paths), err)
	}
}

// A database that cannot be opened is an error, and stays as it is.
func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	key := testKey(t, dir)
	folder := filepath.Join(dir, "history")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "history.db")
	garbage := bytes.Repeat([]byte("no database "), 1000)
	if err := os.WriteFile(path, garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder, key, nil); err == nil {
		t.Error("garbage was opened")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, garbage) {
		t.Errorf("it was changed: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(path, "below a file"), key, nil); err == nil {
		t.Error("a folder below a file")
	}
}
