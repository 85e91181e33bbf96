package metrics

import (
	"crypto/tls"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/tallow-transfer/tallow/relay"
)

// names returns all names that the metrics have for Prometheus, with their labels.
func names(t *testing.T) map[string][]string {
	t.Helper()
	m := New("test")
	m.Request("/", "GET", 200, 1)
	m.Rejected("rate")
	m.Started(relay.ByCode)
	m.Ended(relay.Transfer{Kind: relay.ByCode})
	m.Handshake(tls.ConnectionState{})
	m.WatchCertificate(time.Now)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string)
	for _, f := range families {
		labels := []string{"job", "instance"}
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		if f.GetType() != dto.MetricType_HISTOGRAM {
			all[f.GetName()] = labels
			continue
		}
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			all[f.GetName()+suffix] = append([]string{"le"}, labels...)
		}
	}
	return all
}

// Every metric and every label that the dashboard in deploy/grafana asks for exists.
func TestDashboard(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the metrics of the process are not the same here")
	}
	content, err := os.ReadFile("../../deploy/grafana/relay.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	known := names(t)
	used := make(map[string]bool)
	ids := make(map[int]bool)
	check := func(where, expr string) {
		for _, name := range unknown(expr, known, used) {
			t.Errorf("%s: there is no %s in %s", where, name, expr)
		}
	}
	for _, p := range dashboard.Panels {
		if ids[p.ID] {
			t.Errorf("%s: its id %d is not its own", p.Title, p.ID)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	for _, v := range dashboard.Templating.List {
		check("a variable", v.Definition)
	}
	// All metrics that are the relay's own are on it.
	for name := range known {
		if !used[name] && !regexp.MustCompile(`^(go_|process_|promhttp_)|_(sum|count)$`).MatchString(name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// unknown returns the words of an expression that are neither metrics nor labels, nor
// of the language, and notes the metrics that it uses.
func unknown(expr string, known map[string][]string, used map[string]bool) []string {
	language := []string{"sum", "by", "rate", "histogram_quantile", "count", "label_values", "time"}
	labels := make(map[string]bool)
	bare := regexp.MustCompile(`"[^"]*"|\$\w+|\[[^]]*\]`).ReplaceAllString(expr, " ")
	words := regexp.MustCompile(`[a-zA-Z_]\w*`).FindAllString(bare, -1)
	for _, w := range words {
		if have, ok := known[w]; ok {
			used[w] = true
			for _, l := range have {
				labels[l] = true
			}
		}
	}
	var none []string
	for _, w := range words {
		if !slices.Contains(language, w) && !labels[w] && !slices.Contains(slices.Collect(maps.Keys(known)), w) {
			none = append(none, w)
		}
	}
	return none
}

// docs/operating.md has every metric of the relay's own, with its labels.
func TestDocumentation(t *testing.T) {
	content, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range names(t) {
		name = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		if !strings.Contains(string(content), "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
}
