package main

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/markdown"
)

// TestTrialRows: each trial that was done has a row, with all its readings.
func TestTrialRows(t *testing.T) {
	s := &suite{trials: []trial{{what: "a", unit: "s", limit: "at most 1", aim: "0.3"}, {what: "b", unit: "ms"}}}
	if got := markdown.Table(s.trialRows(nil)); got != "" {
		t.Errorf("no reading makes %q", got)
	}
	got := markdown.Table(s.trialRows([]reading{{What: "a", Value: 0.5}, {What: "a", Round: 1, Value: 0.25}}))
	if want := "| a, s | at most 1 | 0.3 | 0.38 (0.25–0.50) |"; !strings.Contains(got, want) {
		t.Errorf("the table is\n%s\nwant the row %s", got, want)
	}
}
