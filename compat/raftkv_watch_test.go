package compat

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"go.yaml.in/yaml/v3"
)

// watched are the metrics of a server, and the labels that each has.
type watched map[string][]string

var (
	sample = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? `)
	label  = regexp.MustCompile(`([a-z_]+)="`)
)

// scrape starts a server with all that has metrics of its own, and returns those that it has after a call, and those
// that Prometheus adds.
func scrape(t *testing.T) watched {
	t.Helper()
	addr, certificate := freeAddress(t), selfSigned(t)
	newKVProcess(t, "--http-addr="+addr, "--tls-cert="+certificate, "--tls-key="+certificate)
	response, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return watchedIn(t, response.Body)
}

// watchedIn returns the metrics of a text of Prometheus, and those that Prometheus adds.
func watchedIn(t *testing.T, text io.Reader) watched {
	t.Helper()
	metrics := watched{"up": nil}
	for lines := bufio.NewScanner(text); lines.Scan(); {
		if found := sample.FindStringSubmatch(lines.Text()); found != nil {
			metrics[found[1]] = nil
			for _, name := range label.FindAllStringSubmatch(found[2], -1) {
				metrics[found[1]] = append(metrics[found[1]], name[1])
			}
		}
	}
	for name := range metrics {
		metrics[name] = append(metrics[name], "job", "instance")
	}
	if len(metrics) < 50 {
		t.Fatalf("the server has %d metrics only", len(metrics))
	}
	return metrics
}

// selfSigned returns the name of a file with a certificate and its key.
func selfSigned(t *testing.T) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err1 := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	private, err2 := x509.MarshalPKCS8PrivateKey(key)
	file = filepath.Join(t.TempDir(), "certificate.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := errors.Join(err1, err2, os.WriteFile(file, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	return file
}

// variables are what Grafana puts in the place of its own.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$job", "raftkv", "$instance", ".*", "$shard", ".*")

// check returns the metrics that an expression names, and says what of them, and of the labels that it and a text about
// its result name, the server does not have.
func (w watched) check(expression string, used ...string) (named []string, wrong error) {
	parsed, err := metricsql.Parse(variables.Replace(expression))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", expression, err)
	}
	has := make(map[string]bool)
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				named = append(named, filters[0].Value)
				for _, filter := range filters[1:] {
					used = append(used, filter.Label)
				}
			}
		case *metricsql.AggrFuncExpr:
			used = append(used, e.Modifier.Args...)
		case *metricsql.BinaryOpExpr:
			used = append(used, e.GroupModifier.Args...)
		}
	})
	for _, metric := range named {
		labels, exists := w[metric]
		if !exists {
			wrong = errors.Join(wrong, fmt.Errorf("%s names the metric %s, which the server does not have", expression, metric))
		}
		for _, label := range labels {
			has[label] = true
		}
	}
	for _, label := range used {
		if !has[label] {
			wrong = errors.Join(wrong, fmt.Errorf("%s has the label %s, which none of its metrics has", expression, label))
		}
	}
	return named, wrong
}

// labelsIn finds the labels that a text is to show, as alerts write them.
var labelsIn = regexp.MustCompile(`\$labels\.([a-z_]+)`)

// TestRaftkv_alerts: each alert asks for metrics and labels that the server has, and tells what is the matter and how bad.
func TestRaftkv_alerts(t *testing.T) { checkAlerts(t, "raftkv", scrape(t)) }

// checkAlerts checks the alerts of a service, which has some metrics.
func checkAlerts(t *testing.T, service string, metrics watched) {
	t.Helper()
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(readFileOf(t, service, "alerts.yaml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	alerts, own := make(map[string]bool), 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || alerts[rule.Alert] {
				t.Errorf("%q is no name for an alert, or there are two", rule.Alert)
			}
			alerts[rule.Alert] = true
			summary, description := rule.Annotations["summary"], rule.Annotations["description"]
			if severity := rule.Labels["severity"]; severity != "critical" && severity != "warning" || summary == "" || description == "" {
				t.Errorf("%s has severity %q, summary %q, description %q", rule.Alert, severity, summary, description)
			}
			if _, err := time.ParseDuration(rule.For); err != nil && rule.For != "" {
				t.Errorf("%s: for: %v", rule.Alert, err)
			}
			var shown []string
			for _, found := range labelsIn.FindAllStringSubmatch(summary+description, -1) {
				shown = append(shown, found[1])
			}
			named, err := metrics.check(rule.Expr, shown...)
			if err != nil {
				t.Errorf("%s: %v", rule.Alert, err)
			}
			own += countOwn(named, service)
		}
	}
	if own < 8 {
		t.Errorf("the alerts name metrics of %s %d times; are they read?", service, own)
	}
}

// legend finds the labels that a text is to show, as Grafana writes them.
var legend = regexp.MustCompile(`\{\{([a-z_]+)\}\}`)

// TestRaftkv_dashboard: each panel shows metrics and labels that the server has, and lies beside the others.
func TestRaftkv_dashboard(t *testing.T) {
	var dashboard struct {
		Title, UID string
		Panels     []panel
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal(readService(t, "grafana.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	metrics, ids, own := scrape(t), make(map[int]bool), 0
	for i, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d, %q, has the number of another, or no title", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, other := range dashboard.Panels[:i] {
			if p.over(other) {
				t.Errorf("%q lies over %q", p.Title, other.Title)
			}
		}
		for _, target := range p.Targets {
			var shown []string
			for _, found := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				shown = append(shown, found[1])
			}
			named, err := metrics.check(target.Expr, shown...)
			if err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			own += countOwn(named, "raftkv")
		}
	}
	if own < 15 {
		t.Errorf("the panels name metrics of raftkv %d times; are they read?", own)
	}
	for _, variable := range dashboard.Templating.List {
		if found := regexp.MustCompile(`^label_values\((.*), ([a-z]+)\)$`).FindStringSubmatch(variable.Definition); found != nil {
			if _, err := metrics.check(found[1], found[2]); err != nil {
				t.Errorf("the variable %s: %v", variable.Name, err)
			}
		} else if variable.Name != "datasource" {
			t.Errorf("the variable %s is %q", variable.Name, variable.Definition)
		}
	}
}

// panel is a part of a dashboard.
type panel struct {
	ID      int
	Title   string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr, LegendFormat string }
}

// over reports whether a panel covers a part of another.
func (p panel) over(other panel) bool {
	a, b := p.GridPos, other.GridPos
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// TestRaftkv_watched_control: a metric, a label and a legend that there is not are noticed.
func TestRaftkv_watched_control(t *testing.T) {
	metrics := watched{"raftkv_keys": {"shard", "job", "instance"}}
	for expression, shown := range map[string][]string{
		`raftkv_kees`:                            nil,
		`raftkv_keys{chard="0"}`:                 nil,
		`max by (chard) (raftkv_keys)`:           nil,
		`raftkv_keys > on (chard) raftkv_keys`:   nil,
		`raftkv_keys{shard=~"$shard"}`:           {"chard"},
		`sum by (shard) (raftkv_keys`:            nil,
		`rate(raftkv_keys[$__rate_interval]) / `: nil,
	} {
		if _, err := metrics.check(expression, shown...); err == nil {
			t.Errorf("%s, with the labels %q: nothing was noticed", expression, shown)
		}
	}
	if _, err := metrics.check(`max by (shard) (rate(raftkv_keys{job="$job"}[$__rate_interval]))`, "shard"); err != nil {
		t.Error(err)
	}
}

// countOwn returns how many of the metrics are a service's alone.
func countOwn(metrics []string, service string) int {
	return len(slices.DeleteFunc(metrics, func(name string) bool { return !strings.HasPrefix(name, service+"_") }))
}

// readService returns a file of raftkv's folder.
func readService(t *testing.T, name string) []byte { return readFileOf(t, "raftkv", name) }

// readFileOf returns a file of a service's folder.
func readFileOf(t *testing.T, service, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(), "services", service, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
