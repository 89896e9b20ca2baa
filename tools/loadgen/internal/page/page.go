// Package page draws runs as one page of HTML that needs nothing beside itself: no network, no scripts. It
// is readable in the light and in the dark, as the reader's system prefers.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

//go:embed page.html
var source string

//go:embed page.css
var style string

// The page is well-formed XML too, so that a test can read it strictly.
var page = template.Must(template.New("page").Parse(source))

// Write writes the page of some runs.
func Write(w io.Writer, runs []*result.Run) error {
	figures := table.New(runs...)
	plots, err := plots(runs)
	if err != nil {
		return err
	}
	return page.Execute(w, map[string]any{
		"Style":      template.CSS(style),
		"Title":      title(runs),
		"Series":     series(runs),
		"Plots":      plots,
		"Table":      figures,
		"Parameters": parameters(runs),
	})
}

func title(runs []*result.Run) string {
	if len(runs) == 1 {
		return runs[0].Header.Label
	}
	return fmt.Sprintf("%d runs", len(runs))
}

// entry is one line of the legend.
type entry struct {
	Class, Label, Detail string
}

func series(runs []*result.Run) []entry {
	var entries []entry
	for i, run := range runs {
		header := run.Header
		detail := fmt.Sprintf("%s at %s, %s", header.Service, header.Target, header.Started.UTC().Format("2 January 2006, 15:04 UTC"))
		entries = append(entries, entry{Class: fmt.Sprintf("s%d", i%hues), Label: header.Label, Detail: detail})
	}
	return entries
}

// parameters is a table of the settings: a row for each that any run has, a column for each run.
func parameters(runs []*result.Run) table.Table {
	names := make(map[string]bool)
	head := []string{"setting"}
	for _, run := range runs {
		head = append(head, run.Header.Label)
		for name := range run.Header.Parameters {
			names[name] = true
		}
	}
	settings := table.Table{Head: head}
	row := func(name string, of func(*result.Run) string) {
		cells := []string{name}
		for _, run := range runs {
			cells = append(cells, of(run))
		}
		settings.Rows = append(settings.Rows, cells)
	}
	row("service", func(r *result.Run) string { return r.Header.Service })
	row("target", func(r *result.Run) string { return r.Header.Target })
	row("started", func(r *result.Run) string { return r.Header.Started.Format(time.RFC3339) })
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row(name, func(r *result.Run) string { return r.Header.Parameters[name] })
	}
	return settings
}

// figure is a plot with what is said about it.
type figure struct {
	Title, Caption string
	SVG            template.HTML // empty if there is nothing to draw
}

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
