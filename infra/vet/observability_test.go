package vet

import (
	"encoding/json"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	observability = "../observability"
	relay         = "../../wsrelay"
)

// relayMetrics are the metrics that the sources of the relay make, read from there: the
// first argument of counter, histogram, vector and watch.
func relayMetrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"up": true, "process_resident_memory_bytes": true, "process_cpu_seconds_total": true, "go_goroutines": true}
	files, err := filepath.Glob(relay + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := goparser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			name, _ := call.Args[0].(*ast.BasicLit)
			function := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				function = f.Name
			case *ast.SelectorExpr:
				function = f.Sel.Name
			}
			if name == nil || name.Kind != token.STRING || strings.HasSuffix(file, "_test.go") {
				return true
			}
			metric := "tutti_relay_" + strings.Trim(name.Value, `"`)
			switch function {
			case "counter", "vector", "watch":
				names[metric] = true
			case "histogram":
				names[metric+"_bucket"], names[metric+"_sum"], names[metric+"_count"] = true, true, true
			}
			return true
		})
	}
	if len(names) < 20 {
		t.Fatalf("found only %v", names)
	}
	return names
}

var promql = parser.NewParser(parser.Options{})

func rules(t *testing.T, name string) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(filepath.Join(observability, name), false, model.LegacyValidation, promql, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []rulefmt.Rule
	for _, group := range groups.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// checkMetrics finds metrics in an expression that nothing makes.
func checkMetrics(t *testing.T, where, expr string, known map[string]bool) {
	t.Helper()
	tree, err := promql.ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok && !known[v.Name] {
			t.Errorf("%s: nothing makes %s", where, v.Name)
		}
		return nil
	})
}

func TestRules_UseWhatTheRelayCounts(t *testing.T) {
	known := relayMetrics(t)
	for _, name := range []string{"recording.yaml", "alerts.yaml"} {
		for _, rule := range rules(t, name) {
			checkMetrics(t, name+": "+rule.Record+rule.Alert, rule.Expr, known)
		}
	}
}

// TestAlerts_AreWhatTerraformReads: alert policies are made of the same file.
func TestAlerts_AreWhatTerraformReads(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(observability, "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wait := range regexp.MustCompile(`(?m)^ +for: (.*)$`).FindAllStringSubmatch(string(src), -1) {
		if !regexp.MustCompile(`^\d*0s$`).MatchString(wait[1]) {
			t.Errorf("for: %s is not in tens of seconds", wait[1])
		}
	}
	for _, rule := range rules(t, "alerts.yaml") {
		if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s has the severity %q", rule.Alert, s)
		}
		if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s says too little", rule.Alert)
		}
		if strings.Contains(rule.Expr, "tutti:") {
			t.Errorf("%s uses a recorded series, which Google Cloud Monitoring does not have", rule.Alert)
		}
	}
}

// TestLimits_AreTheSameEverywhere holds figures together that are written down twice.
func TestLimits_AreTheSameEverywhere(t *testing.T) {
	limit := find(t, relay+"/settings.go", `envconfig:"MAX_CONNECTIONS" default:"(\d+)"`)
	if sizing := find(t, terraformDir+"/modules/sizing/main.tf", `connection_cap += (\d+)`); sizing != limit {
		t.Errorf("modules/sizing counts with %d connections, and MAX_CONNECTIONS is %d", sizing, limit)
	}
	if near := find(t, observability+"/alerts.yaml", `expr: tutti_relay_connections > (\d+)`); near*10 != limit*8 {
		t.Errorf("the alert is at %d connections, which is not 80 %% of %d", near, limit)
	}
	port := find(t, terraformDir+"/run_relay.tf", `admin_port = (\d+)`)
	if scraped := find(t, observability+"/prometheus.yaml", `replacement: \$\{1\}:(\d+)`); scraped != port {
		t.Errorf("Prometheus reads port %d, and Terraform says %d", scraped, port)
	}
}

func find(t *testing.T, file, pattern string) int {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(pattern).FindSubmatch(src)
	if match == nil {
		t.Fatalf("%s has nothing like %s", file, pattern)
	}
	n, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDashboard_ShowsWhatThereIs(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(observability, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(src, &dashboard); err != nil {
		t.Fatal(err)
	}
	known := relayMetrics(t)
	for _, rule := range rules(t, "recording.yaml") {
		known[rule.Record] = true
	}
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 || len(panel.Targets) == 0 {
			t.Errorf("%s: panel %d is there twice, too wide or empty", panel.Title, panel.ID)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			checkMetrics(t, panel.Title, target.Expr, known)
		}
	}
	if len(ids) < 10 || dashboard.UID == "" {
		t.Errorf("the dashboard %q has %d panels", dashboard.Title, len(ids))
	}
}
