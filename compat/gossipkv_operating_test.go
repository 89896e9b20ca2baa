package compat

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGossipkv_alerts: each alert asks for metrics and labels that the server has, and tells what is the matter and how bad.
func TestGossipkv_alerts(t *testing.T) {
	addr, certificate := freeAddress(t), selfSigned(t)
	startGossipkv(t, 1, "--http-addr="+addr, "--tls-cert="+certificate, "--tls-key="+certificate, "--peers="+freeAddress(t))
	response, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	checkAlerts(t, "gossipkv", watchedIn(t, response.Body))
}

// TestGossipkv_compose: the services are servers of one system, each where the others look for it, with a disk of its own, few rights,
// and settings that the server knows.
func TestGossipkv_compose(t *testing.T) {
	project := projectOf(t, "gossipkv")
	help := helpOf(t, "gossipkv")
	var peers []string
	for _, name := range project.ServiceNames() {
		peers = append(peers, setting(project.Services[name], "GOSSIPKV_ADVERTISE"))
	}
	if len(peers) != 3 {
		t.Fatalf("the servers are %v; want three", peers)
	}
	confined := newConfined(project, "gossipkv")
	for i, name := range project.ServiceNames() {
		service := project.Services[name]
		if number := setting(service, "GOSSIPKV_ID"); number != fmt.Sprint(i+1) || setting(service, "GOSSIPKV_PEERS") != strings.Join(peers, ",") {
			t.Errorf("%s is server %s of %s; want %d of %v", name, number, setting(service, "GOSSIPKV_PEERS"), i+1, peers)
		}
		if at := name + setting(service, "GOSSIPKV_ADDR"); at != setting(service, "GOSSIPKV_ADVERTISE") {
			t.Errorf("%s is at %s, and says that it is at %s", name, at, setting(service, "GOSSIPKV_ADVERTISE"))
		}
		confined.check(t, service)
		for variable := range service.Environment {
			if flag := flagOf("GOSSIPKV_", variable); !strings.Contains(help, flag) {
				t.Errorf("%s: there is no %s", variable, flag)
			}
		}
	}
}

// expected finds the commands of the README that are said to print something, and that, behind #.
var expected = regexp.MustCompile(`(?m)^(bin/kv .* get \S+) +# (.*)$`)

// TestReadme_gossipkv runs the commands that gossipkv's README shows of three servers and a cut, as they stand there, but on ports that
// are free: each get is repeated until it prints what it is said to.
func TestReadme_gossipkv(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(), "services", "gossipkv", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Three servers, and a cut\n")
	_, script, _ := strings.Cut(section, "\n```\n")
	script, _, _ = strings.Cut(script, "\n```\n")
	gets := len(expected.FindAllString(script, -1))
	if strings.Count(script, "bin/gossipkv ") != 3 || gets < 4 {
		t.Fatalf("the README shows, of three servers:\n%s", script)
	}
	const pause = "\nsleep 1 "
	if !strings.Contains(script, pause) {
		t.Fatalf("the README shows no pause, until the servers listen:\n%s", script)
	}
	script = strings.Replace(script, pause, `
until bin/kv --servers localhost:8001 stat && bin/kv --servers localhost:8002 stat && bin/kv --servers localhost:8003 stat; do :; done > stat 2>&1 `, 1)
	script = expected.ReplaceAllString(script, `until $1 2>&1 | grep "$2"; do :; done`)
	for _, port := range []string{"8001", "8002", "8003"} {
		script = strings.ReplaceAll(script, "localhost:"+port, freeAddress(t))
	}
	script = strings.ReplaceAll(script, "bin/gossipkv", build(t, "./services/gossipkv"))
	script = strings.ReplaceAll(script, "bin/kv", build(t, "./tools/kv"))

	printed := runShell(t, script)
	if lines := strings.Split(strings.TrimSpace(printed), "\n"); !slices.Contains(lines, "blue") {
		t.Errorf("it printed %q", lines)
	}
}
