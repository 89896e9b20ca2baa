package page

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"numstore.example/tools/internal/study"
	"numstore.example/tools/loadgen/internal/table"
)

// WriteStudy writes the page of an experiment: what it asked, where, and the panels that it made of its measurements. A study that was cut says so
// above all.
func WriteStudy(w io.Writer, s *study.Study, panels []study.Panel) error {
	colours, series := coloursOf(s, panels)
	var figures []panelFigure
	for _, p := range panels {
		figure, err := drawPanel(p, colours)
		if err != nil {
			return err
		}
		figures = append(figures, figure)
	}
	about := aboutOf(s)
	return pages.ExecuteTemplate(w, "study.html", map[string]any{
		"Head":       head{about.Title + " – loadgen"},
		"Experiment": s.Header.Experiment,
		"Title":      about.Title,
		"When":       about.When,
		"Cut":        s.Cut(),
		"Failures":   about.Failures,
		"Machine":    about.Machine,
		"Command":    about.Command,
		"Series":     series,
		"Panels":     figures,
		"Settings":   about.Settings,
		"Versions":   about.Versions,
	})
}

// coloursOf gives every series that is drawn a colour, in the order in which they were first measured, and a line in the legend.
func coloursOf(s *study.Study, panels []study.Panel) (colours map[string]int, legend []entry) {
	var drawn, ordered []string
	for _, p := range panels {
		for _, line := range p.Plot.Lines {
			drawn = append(drawn, line.Series)
		}
	}
	for _, m := range s.Measurements {
		if slices.Contains(drawn, m.Series) {
			ordered = append(ordered, m.Series)
		}
	}
	colours = make(map[string]int)
	for _, name := range append(ordered, drawn...) {
		if _, known := colours[name]; !known {
			legend = append(legend, entry{Class: fmt.Sprintf("s%d", len(colours)%hues), Label: name})
			colours[name] = len(colours)
		}
	}
	return colours, legend
}

// panelFigure is a panel as the page has it.
type panelFigure struct {
	Title, Says string
	X, Y        string        // what the axes are
	SVG         template.HTML // empty if there is nothing to draw
	Key         []keyEntry
	Spread      bool        // of any point
	Events      [][2]string // when, and what
	Table       table.Table
	Words       bool // there is no plot, and the table is what is shown
}

// keyEntry says which lines, or bars, of the series have a name.
type keyEntry struct {
	Name, Dashes string
	Width        float64
	Opacity      float64
}

func drawPanel(p study.Panel, colours map[string]int) (panelFigure, error) {
	svg, err := drawPlot(p.Plot, colours).svg(fmt.Sprintf("%s: %s by %s", p.Title, p.Plot.Y.Label, p.Plot.X.Label))
	if err != nil {
		return panelFigure{}, fmt.Errorf("the plot %q: %w", p.Title, err)
	}
	figure := panelFigure{Title: p.Title, Says: p.Says, X: p.Plot.X.Label, Y: p.Plot.Y.Label, SVG: template.HTML(svg),
		Key: keyOf(p.Plot), Spread: hasSpread(p.Plot), Table: tableOf(p), Words: onlyWords(p)}
	for _, event := range p.Plot.Events {
		figure.Events = append(figure.Events, [2]string{strconv.FormatFloat(event.X, 'f', -1, 64), event.Text})
	}
	return figure, nil
}

// keyOf explains how the lines of one series differ, if they do.
func keyOf(p study.Plot) (key []keyEntry) {
	names := namesOf(p)
	if len(names) == 0 || len(names) == 1 && names[0] == "" {
		return nil
	}
	for i, name := range names {
		entry := keyEntry{Name: name, Width: 2, Opacity: 1}
		if p.Kind == study.Bars {
			entry.Width, entry.Opacity = 8, opacities[i%len(opacities)]
		} else {
			entry.Dashes = dashWords(dashes[i%len(dashes)])
		}
		key = append(key, entry)
	}
	return key
}

// dashWords writes dashes as SVG has them.
func dashWords(lengths []vg.Length) string {
	if lengths == nil {
		return "none"
	}
	var words []string
	for _, length := range lengths {
		words = append(words, strconv.FormatFloat(float64(length), 'f', -1, 64))
	}
	return strings.Join(words, " ")
}

func hasSpread(p study.Plot) bool {
	return slices.ContainsFunc(usable(p).Lines, func(line study.Line) bool {
		return slices.ContainsFunc(line.Points, func(p study.Point) bool { return p.Low < p.High })
	})
}
