package experiment

import (
	"numstore.example/tools/internal/study"
)

// Panels are what a study shows: the panels of its experiment, and what those promise that were measured. The error says that there is
// no such experiment here.
func Panels(s *study.Study) ([]study.Panel, error) {
	e, err := Find(s.Header.Experiment)
	if err != nil {
		return nil, err
	}
	panels := e.Show(s)
	if promises := e.promises(s.Measurements); len(promises.Rows) > 0 {
		panels = append(panels, study.Panel{
			Title: "What is promised", Says: "A figure is the price of a promise: read them together.", Table: promises,
		})
	}
	return panels, nil
}

// promises are those of the targets that were measured.
func (e Experiment) promises(all []study.Measurement) study.Table {
	table := study.Table{Head: []string{"", "promise"}}
	for _, series := range seriesOf(all) {
		for _, t := range e.Targets {
			if t.Series == series {
				table.Rows = append(table.Rows, []string{series, t.Promise})
			}
		}
	}
	return table
}
