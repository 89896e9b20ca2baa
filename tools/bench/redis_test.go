package main

import (
	"strings"
	"testing"
)

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
				t.Errorf("%s is asked of a Redis that is not there", load.Label())
			}
		}
	}
}
