package compat

import (
	"strings"
	"testing"
)

// TestReadme_cluster runs the first commands that raftkv's README shows of a cluster, as they stand there, but on ports that
// are free.
func TestReadme_cluster(t *testing.T) {
	requireCluster(t)
	script := readmeScript(t, "A cluster", "6001", "6002", "6003")
	if strings.Count(script, "/raftkv ") != 3 || strings.Count(script, "/kv ") < 3 {
		t.Fatalf("the README shows, of a cluster:\n%s", script)
	}
	if printed := runShell(t, script); !strings.HasSuffix(printed, "green") {
		t.Errorf("it printed:\n%s\nwant that this ends with the value of the key", printed)
	}
}

// readmeScript returns the first commands below a title of raftkv's README, with the programs of this tree, and ports that are free in place of
// these.
func readmeScript(t *testing.T, title string, ports ...string) string {
	t.Helper()
	_, section, _ := strings.Cut(string(readService(t, "README.md")), "\n## "+title+"\n")
	_, script, _ := strings.Cut(section, "\n```\n")
	script, _, _ = strings.Cut(script, "\n```\n")
	for _, port := range ports {
		script = strings.ReplaceAll(script, "localhost:"+port, freeAddress(t))
	}
	script = strings.ReplaceAll(script, "bin/raftkv", build(t, "./services/raftkv"))
	return strings.ReplaceAll(script, "bin/kv", build(t, "./tools/kv"))
}
