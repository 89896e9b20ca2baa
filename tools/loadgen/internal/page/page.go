// Package page draws runs, and experiments, as one page of HTML that needs nothing beside itself: no network, no scripts. It is
// readable in the light and in the dark, as the reader's system prefers, on a phone, and on paper. What others chose, such as labels
// and errors, is text on it, whatever it has in it; however long it is, it stays in its place.
package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

//go:embed *.html
var sources embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"long": long}).ParseFS(sources, "*.html"))

// long says whether the text of a cell is to be broken into lines, as errors are, and figures are not.
func long(cell string) bool { return utf8.RuneCountInString(cell) > 40 }

//go:embed page.css
var style string

// head is what is said of a page in its head.
type head struct{ Title string }

// Style returns the style sheet of all pages.
func (head) Style() template.CSS { return template.CSS(style) }

// Write writes the page of some runs.
func Write(w io.Writer, runs []*result.Run) error {
	figures := table.New(runs...)
	plots, err := plots(runs)
	if err != nil {
		return err
	}
	return pages.ExecuteTemplate(w, "page.html", map[string]any{
		"Head":      head{title(runs) + " – loadgen"},
		"Title":     title(runs),
		"Subtitle":  subtitle(runs),
		"Gist":      gist(runs),
		"Series":    series(runs),
		"Plots":     plots[:inTimeFrom],
		"TimePlots": plots[inTimeFrom:],
		"Several":   len(runs) > 1,
		"Table":     figures,
		"Settings":  settingsOf(runs),
	})
}

func title(runs []*result.Run) string {
	if len(runs) == 1 {
		return runs[0].Header.Label
	}
	return fmt.Sprintf("%d runs", len(runs))
}

// entry is one line of the legend.
type entry struct{ Class, Label string }

func series(runs []*result.Run) []entry {
	var entries []entry
	for i, run := range runs {
		entries = append(entries, entry{Class: fmt.Sprintf("s%d", i%hues), Label: run.Header.Label})
	}
	return entries
}

// subtitle says of whom and when the runs are.
func subtitle(runs []*result.Run) string {
	const day = "2 January 2006, 15:04 UTC"
	first, last := runs[0].Header.Started, runs[0].Header.Started
	services := make(map[string]bool)
	for _, run := range runs {
		services[run.Header.Service] = true
		if run.Header.Started.Before(first) {
			first = run.Header.Started
		}
		if run.Header.Started.After(last) {
			last = run.Header.Started
		}
	}
	who := strings.Join(slices.Sorted(maps.Keys(services)), ", ")
	if len(runs) == 1 {
		who += " at " + runs[0].Header.Target
	}
	from, to := first.UTC().Format(day), last.UTC().Format(day)
	if from != to {
		from += " to " + to
	}
	return who + ", " + from
}

// gist is the one sentence for whoever reads no more: which series answered most calls, and how fast. It is "" if no call was answered.
func gist(runs []*result.Run) string {
	var most result.Step
	label := ""
	for _, run := range runs {
		for _, step := range best(answered(run)) {
			if step.Throughput > most.Throughput {
				most, label = step, run.Header.Label
			}
		}
	}
	if label == "" {
		return ""
	}
	return fmt.Sprintf("%s answered the most calls: %s a second with %s, half of them within %.3f ms, 99 %% within %.3f ms.",
		label, thousands(math.Round(most.Throughput)), table.Load(most), most.Latency.Milliseconds(50), most.Latency.Milliseconds(99))
}

// figure is a plot with what is said about it.
type figure struct {
	Title, Caption string
	SVG            template.HTML // empty if there is nothing to draw
}

// inTimeFrom is the first of the plots whose axis is time: of several runs they are folded away, as their lines cover each other.
const inTimeFrom = 2

func plots(runs []*result.Run) ([]figure, error) {
	var figures []figure
	for _, f := range []struct {
		title, caption string
		draw           func([]*result.Run) *chart
	}{
		{"Latency against throughput", "A point for each step; the number is that of its clients, or its rate. Solid: p99. Dashed: p50. Lower and further right is better.", latencyAgainstThroughput},
		{"Latency by percentile", percentilesCaption(runs), percentiles},
		{"Throughput in time", "Calls answered in each second, warm-ups left out. A line for each step, one step after the other.", throughputInTime},
		{"p99 latency in time", "Of the calls that ended in each second.", latencyInTime},
	} {
		svg, err := f.draw(runs).svg(f.title)
		if err != nil {
			return nil, fmt.Errorf("the plot %q: %w", f.title, err)
		}
		figures = append(figures, figure{f.title, f.caption, template.HTML(svg)})
	}
	return figures, nil
}

func percentilesCaption(runs []*result.Run) string {
	text := "How many of the calls took at most so long, to the four nines."
	if len(runs) > 1 {
		return text + " Of each series the step with the highest throughput, among those that kept their schedule."
	}
	return strings.TrimSuffix(text, ".") + ", at each step; the later the step, the stronger its line."
}
