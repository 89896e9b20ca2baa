package compat

import (
	"strings"
	"testing"
)

// TestReadme_cluster runs the first commands that raftkv's README shows of a cluster, as they stand there, but on ports that
// are free.
func TestReadme_cluster(t *testing.T) {
	requireCluster(t)
	_, section, _ := strings.Cut(string(readService(t, "README.md")), "\n## A cluster\n")
	_, script, _ := strings.Cut(section, "\n```\n")
	script, _, _ = strings.Cut(script, "\n```\n")
	if strings.Count(script, "bin/raftkv ") != 3 || strings.Count(script, "bin/kv ") < 3 {
		t.Fatalf("the README shows, of a cluster:\n%s", script)
	}
	for _, port := range []string{"6001", "6002", "6003"} {
		script = strings.ReplaceAll(script, "localhost:"+port, freeAddress(t))
	}
	script = strings.ReplaceAll(script, "bin/raftkv", build(t, "./services/raftkv"))
	script = strings.ReplaceAll(script, "bin/kv", build(t, "./tools/kv"))

	if printed := runShell(t, script); !strings.HasSuffix(printed, "green") {
		t.Errorf("it printed:\n%s\nwant that this ends with the value of the key", printed)
	}
}
