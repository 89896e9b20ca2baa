package main

import (
	"strings"
	"testing"
)

// TestStartServer: a server is ready when it says so, in its own words; one that ends before is an error that tells its last
// ones.
func TestStartServer(t *testing.T) {
	const ready, known = "it is up", "localhost:7"
	for script, want := range map[string]string{
		"echo up listening on 127.0.0.1:8; cat":               "localhost:8",
		"echo warning; echo up listening on '[::1]:9'; cat":   "localhost:9",
		"echo listening on nothing; echo 12:00 it is up; cat": known,
		"echo first; echo the port is taken":                  `the last that it printed is "the port is taken\n"`,
		"true":                                                `the last that it printed is ""`,
	} {
		process := process{args: []string{"sh", "-c", script}}
		if want == known {
			process.ready, process.address = ready, known
		}
		server, err := startServer(t.Context(), alone("it", process))
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %s", script, err, want)
			}
			continue
		}
		server.kill()
		if got := server.addresses(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: the addresses are %s; want %s", script, got, want)
		}
	}
}

// TestRedis_left: without a Redis on PATH the suite has the rest, and says so.
func TestRedis_left(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	suite, err := raftkvSuite(&bench{scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if tables := suite.tables(findings{}, nil); !strings.Contains(tables, "Left out: there is no redis-server on PATH") {
		t.Errorf("the tables do not say that Redis is left out:\n%s", tables)
	}
	for _, group := range suite.groups {
		for _, load := range group {
			if load.server == redis {
				t.Errorf("%s is asked of a Redis that is not there", load.label())
			}
		}
	}
}
