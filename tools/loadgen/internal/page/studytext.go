package page

import (
	"io"
	"strings"

	"numstore.example/tools/internal/study"
	"numstore.example/tools/loadgen/internal/table"
)

// WriteStudyText writes the tables of an experiment for a terminal, with what has to be known about them.
func WriteStudyText(w io.Writer, s *study.Study, panels []study.Panel) error {
	about := aboutOf(s)
	parts := []string{oneLine(about.Title), oneLine(about.When)}
	if cut := s.Cut(); cut != "" {
		parts = append(parts, "Not everything was measured: "+oneLine(cut)+".")
	}
	for _, p := range panels {
		var figures strings.Builder
		if t := folded(tableOf(p)); len(t.Rows) > 0 {
			for _, event := range p.Plot.Events {
				t.Notes = append(t.Notes, oneLine(placeName(p.Plot, event.X)+" "+event.Text))
			}
			if err := t.Write(&figures); err != nil {
				return err
			}
		}
		parts = append(parts, strings.TrimSuffix(oneLine(p.Title)+"\n"+oneLine(p.Says), "\n"), figures.String())
	}
	if about.Failures != nil {
		var items strings.Builder
		for _, item := range about.Failures.Items {
			items.WriteString("\n  " + oneLine(item))
		}
		parts = append(parts, about.Failures.Title+":"+items.String())
	}
	return writeParts(w, parts)
}

// folded has long cells in as many rows as they need, so that a terminal has room for what is beside them.
func folded(t table.Table) table.Table {
	var rows [][]string
	for _, row := range t.Rows {
		var cells [][]string
		most := 1
		for _, cell := range row {
			cells = append(cells, linesOf(oneLine(cell)))
			most = max(most, len(cells[len(cells)-1]))
		}
		for line := range most {
			part := make([]string, len(row))
			for i, cell := range cells {
				if line < len(cell) {
					part[i] = cell[line]
				}
			}
			rows = append(rows, part)
		}
	}
	t.Rows = rows
	return t
}

// linesOf breaks a text between words into lines that are not long, unless a word is.
func linesOf(text string) (lines []string) {
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last < 0 || long(lines[last]+" "+word) {
			lines = append(lines, word)
			continue
		}
		lines[last] += " " + word
	}
	return lines
}
