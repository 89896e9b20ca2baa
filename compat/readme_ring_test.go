package compat

import (
	"strings"
	"testing"
)

// TestReadme_ring runs what raftkv's README shows of a ring of servers, as it stands there, but on ports that are free.
func TestReadme_ring(t *testing.T) {
	script := readmeScript(t, "A ring of servers", "7001", "7002", "7003")
	if strings.Count(script, "/raftkv ") != 3 || strings.Count(script, "/kv ") != 4 {
		t.Fatalf("the README shows, of a ring:\n%s", script)
	}
	script += "\nwait && echo all ended" // if shutdown --all has told them

	printed := runShell(t, script)
	for _, says := range []string{"version 1\n", "green", "keys  share\n", "all ended"} {
		if !strings.Contains(printed, says) {
			t.Errorf("it printed:\n%s\nwant that it has %q", printed, says)
		}
	}
}
