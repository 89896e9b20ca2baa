package rpcserver

import (
	"io"
	"strings"
	"testing"
)

// TestShareOut: together they never take more than there is, and each gets what it cannot do without.
func TestShareOut(t *testing.T) {
	for _, files := range []Files{{}, {100, 100}, {100, 4000}} {
		for _, connections := range []int{1, 100, 10_000} {
			for limit := range 20_000 {
				d, err := shareOut(limit, connections, files)
				least := ownDescriptors + files.Least + min(leastConnections, connections)
				switch {
				case (err != nil) != (limit < least):
					t.Fatalf("of %d, for %d and %v: %v", limit, connections, files, err)
				case err != nil:
				case d.files+d.connections+ownDescriptors > limit, d.files < files.Least, d.files > files.Most,
					d.connections < min(leastConnections, connections), d.connections > connections,
					limit >= ownDescriptors+files.Most+connections && (d.files < files.Most || d.connections < connections):
					t.Fatalf("of %d, for %d and %v: %+v", limit, connections, files, d)
				}
			}
		}
	}
}

// TestProcess_descriptors: a process that may not have many files open says so, raises its own limit first, and
// refuses to start where it could not live.
func TestProcess_descriptors(t *testing.T) {
	for _, test := range []struct {
		limit  string
		serves bool
		says   []string // nothing at all if empty
	}{
		{"ulimit -S -n 100", true, nil}, // it raises that itself
		{"ulimit -n 300", true, []string{"level=WARN", "limit=300", "connections=236", "max-connections=1000"}},
		{"ulimit -n 79", false, []string{"may have 79 files and connections open", "at least 80", "ulimit -n"}},
	} {
		t.Run(test.limit, func(t *testing.T) {
			p := startAfter(t, test.limit, "--max-connections=1000", "--log-level=warn")
			if test.serves {
				p.ready(t)
				p.terminate(t)
			} else if err := p.Wait(); p.ProcessState.ExitCode() != exitMisuse {
				t.Errorf("it ended with %v; want status %d", err, exitMisuse)
			}
			said, err := io.ReadAll(p.stderr)
			if err != nil || (len(said) > 0) != (test.says != nil) {
				t.Errorf("it said %q, %v", said, err)
			}
			for _, want := range test.says {
				if !strings.Contains(string(said), want) {
					t.Errorf("%q does not say %q", said, want)
				}
			}
		})
	}
}
