package experiment

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
)

func TestFind(t *testing.T) {
	for _, want := range All {
		if got, err := Find(want.Name); err != nil || got.Title != want.Title {
			t.Errorf("%s: %q, %v; want %q", want.Name, got.Title, err, want.Title)
		}
	}
	_, err := Find("clint")
	if want := `there is no experiment "clint"; there are ` + strings.Join(Names(), ", "); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestAll_foreign: a study whose measurements lack what an experiment asks for, as of a later version, crashes none.
func TestAll_foreign(t *testing.T) {
	s := &study.Study{Measurements: []study.Measurement{{}, {Series: "x", At: map[string]string{clientsFactor: "many", sizeFactor: "?", mixFactor: ""}}}}
	for _, e := range All {
		for _, panel := range e.Show(s) {
			if panel.Says != "Nothing was answered." && panel.Plot.Y.Label != "ms" || len(panel.Table.Rows) > 0 {
				t.Errorf("%s shows %+v of nothing", e.Name, panel)
			}
		}
	}
}
