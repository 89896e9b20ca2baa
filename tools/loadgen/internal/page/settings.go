package page

import (
	"maps"
	"slices"
	"time"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

// settings are what some runs were asked to do, and of whom.
type settings struct {
	Shared [][2]string // name and value of each that all runs have alike
	Own    table.Table // those that differ: a row for each run; empty if there are none
}

// settingsOf tells those settings that all runs share, once, from the others: of many runs, what makes them differ is what
// somebody looks for.
func settingsOf(runs []*result.Run) (s settings) {
	s.Own = table.Table{Head: []string{"series"}}
	for _, run := range runs {
		s.Own.Rows = append(s.Own.Rows, []string{run.Header.Label})
	}
	for _, name := range settingNames(runs) {
		first := name.of(runs[0])
		if !slices.ContainsFunc(runs, func(run *result.Run) bool { return name.of(run) != first }) {
			s.Shared = append(s.Shared, [2]string{name.text, first})
			continue
		}
		s.Own.Head = append(s.Own.Head, name.text)
		for i, run := range runs {
			s.Own.Rows[i] = append(s.Own.Rows[i], name.of(run))
		}
	}
	s.Own.Left = len(s.Own.Head)
	if s.Own.Left == 1 {
		s.Own = table.Table{}
	}
	return s
}

// settingName is a setting, and how a run tells it; "" if the run has none such.
type settingName struct {
	text string
	of   func(*result.Run) string
}

// settingNames are all that any of the runs has.
func settingNames(runs []*result.Run) []settingName {
	all := []settingName{
		{"service", func(r *result.Run) string { return r.Header.Service }},
		{"target", func(r *result.Run) string { return r.Header.Target }},
		{"started", func(r *result.Run) string { return r.Header.Started.UTC().Format(time.DateTime + " UTC") }},
	}
	names := make(map[string]bool)
	for _, run := range runs {
		for name := range run.Header.Parameters {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, settingName{name, func(r *result.Run) string { return r.Header.Parameters[name] }})
	}
	return all
}
