package page

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
)

// TestWriteStudy_words: a table without a plot is open, and nobody is told that something is missing.
func TestWriteStudy_words(t *testing.T) {
	panel := study.Panel{Title: "What was promised", Says: "Read it.", Table: study.Table{Head: []string{"", "kept"}, Rows: [][]string{{"a store", "yes"}}}}
	page := writeStudy(t, &study.Study{}, []study.Panel{panel})
	before, _, found := strings.Cut(page, "a store")
	if !found || strings.Count(before, "<details") != strings.Count(before, "</details>") || strings.Contains(page, "Nothing to draw") {
		t.Errorf("the table is not there, folded, or said to lack a plot:\n%s", page)
	}
	if left := tableOf(panel).Left; left != 2 {
		t.Errorf("%d columns are text; want both", left)
	}
	panel.Plot.Y.Label = "calls/s" // of which nothing could be measured
	if page := writeStudy(t, &study.Study{}, []study.Panel{panel}); !strings.Contains(page, "Nothing to draw") {
		t.Errorf("nobody is told that nothing could be drawn:\n%s", page)
	}
}
