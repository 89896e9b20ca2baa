package page

import (
	"io"

	"numstore.example/tools/internal/markdown"
	"numstore.example/tools/internal/study"
)

// WriteStudyMarkdown writes what the page of an experiment says, but for its plots.
func WriteStudyMarkdown(w io.Writer, s *study.Study, panels []study.Panel) error {
	about := aboutOf(s)
	parts := []string{"# " + plain(about.Title), plain(about.When)}
	if cut := s.Cut(); cut != "" {
		parts = append(parts, "**Not everything was measured:** "+plain(cut)+".")
	}
	if about.Command != "" {
		parts = append(parts, "To repeat it:", "    "+oneLine(about.Command))
	}
	for _, p := range panels {
		parts = append(parts, "## "+plain(p.Title), plain(p.Says), markdownTable(tableOf(p)))
		var events []string
		for _, event := range p.Plot.Events {
			events = append(events, placeName(p.Plot, event.X)+" "+event.Text)
		}
		parts = append(parts, list(events))
	}
	if about.Failures != nil {
		parts = append(parts, "## "+about.Failures.Title, list(about.Failures.Items))
	}
	for _, section := range []struct {
		title, head string
		pairs       [][2]string
	}{{"Machine", "what", about.Machine}, {"Settings", "setting", about.Settings}, {"Versions", "program", about.Versions}} {
		rows := [][]string{{section.head, "value"}}
		for _, pair := range section.pairs {
			rows = append(rows, pair[:])
		}
		if len(rows) > 1 {
			parts = append(parts, "## "+section.title, markdown.Table(rows))
		}
	}
	return writeParts(w, parts)
}
