package main

import (
	"slices"
	"testing"

	"numstore.example/tools/internal/lab"
)

// TestSuites: every suite can be made, and asks servers that it starts.
func TestSuites(t *testing.T) {
	for name, make := range suites {
		s, err := make(&bench{scratch: t.TempDir(), Callers: []int{1}, Keys: 10})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		loads := slices.Concat(s.groups...)
		if s.incident != nil {
			loads = append(loads, s.incident.loads...)
		}
		for _, load := range loads {
			if !slices.ContainsFunc(s.servers, func(c lab.Command) bool { return c.Name == load.server }) {
				t.Errorf("%s asks %s, which it does not start", name, load.server)
			}
		}
		for _, g := range s.goals {
			if !slices.Contains(s.pairs, pair{g.server, g.peer}) {
				t.Errorf("%s has a goal for %s to %s, which it does not compare", name, g.server, g.peer)
			}
		}
	}
}

// TestTables_incident has two rounds, and one that ended early.
func TestTables_incident(t *testing.T) {
	suite, err := failoverSuite(&bench{scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	what := suite.incident.what
	events := []event{{what, clerk, 0, 0.5}, {what, etcd, 0, 1.5}, {what, etcd, 1, 1}, {what, clerk, 1, 1}, {what, clerk, 2, 0.7}}
	ratios := suite.incidentRatios(events)
	if len(ratios) != 1 || ratios[0].Median != 2 || ratios[0].Max != 3 {
		t.Errorf("the ratios are %v; want 1 to 3", ratios)
	}
	const want = `| seconds                                      | at most | aim | raftkv, one Clerk | etcd             | etcd to ours     |
| ---                                          | ---     | --- | ---               | ---              | ---              |
| leader killed: longest gap in answered calls | 2       | 0.7 | 0.70 (0.50–1.00)  | 1.25 (1.00–1.50) | 2.00 (1.00–3.00) |
`
	if got := suite.tables(findings{events: events}, nil); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}
