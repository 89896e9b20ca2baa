// Package table puts the steps of runs into rows, for the console and for the page.
package table

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"numstore.example/tools/internal/result"
)

// Table is figures with their units in the head, and what has to be said about some of them. Columns that
// have nothing to say in any row are left out.
type Table struct {
	Head  []string
	Rows  [][]string // as wide as Head
	Left  int        // columns, from the left, that are text; the others are numbers
	Notes []string   // for people, a sentence each
}

// columns of a step. A column of no cells is left out.
var columns = []struct {
	head string
	cell func(result.Step) string
}{
	{"load", Load},
	{"calls/s", func(s result.Step) string { return fmt.Sprintf("%.0f", s.Throughput) }},
	{"p50 ms", percentile(50)},
	{"p90 ms", percentile(90)},
	{"p99 ms", percentile(99)},
	{"p99.9 ms", percentile(99.9)},
	{"max ms", percentile(100)},
	{"errors", func(s result.Step) string { return fmt.Sprint(s.Failed()) }},
	{"cache hits", share("hit", "Fact")}, // of a numstore
	{"unmet", share("unmet", "Get")},     // of a gossipkv: the server did not have yet what the session had seen
}

// Load says what a step held: "8 clients" or "1000 calls/s".
func Load(s result.Step) string {
	switch {
	case s.Clients == 1:
		return "1 client"
	case s.Clients > 0:
		return fmt.Sprintf("%d clients", s.Clients)
	case s.Rate == 1:
		return "1 call/s"
	default:
		return fmt.Sprintf("%d calls/s", s.Rate)
	}
}

func percentile(percent float64) func(result.Step) string {
	return func(s result.Step) string {
		if s.Latency.TotalCount() == 0 {
			return "-"
		}
		return fmt.Sprintf("%.3f", s.Latency.Milliseconds(percent))
	}
}

// share is how many of the answered calls of one name got a mark. Services that have no such mark have none.
func share(mark, call string) func(result.Step) string {
	return func(s result.Step) string {
		share, there := s.Share(mark, call)
		if !there {
			return ""
		}
		return fmt.Sprintf("%.1f %%", 100*share)
	}
}

// New returns the table of some runs. When there are several, their labels are the first column.
func New(runs ...*result.Run) Table {
	table := Table{Left: 1}
	if len(runs) > 1 {
		table.Head, table.Left = []string{"series"}, 2
	}
	for _, column := range columns {
		table.Head = append(table.Head, column.head)
	}
	for _, run := range runs {
		for _, step := range run.Steps {
			table.add(run.Header.Label, step, len(runs) > 1)
		}
	}
	table.dropEmpty()
	return table
}

// dropEmpty leaves out the columns that have nothing to say.
func (t *Table) dropEmpty() {
	for i := len(t.Head) - 1; i >= t.Left; i-- {
		if slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		t.Head = slices.Delete(t.Head, i, i+1)
		for place := range t.Rows {
			t.Rows[place] = slices.Delete(t.Rows[place], i, i+1)
		}
	}
}

func (t *Table) add(label string, step result.Step, labelled bool) {
	name := Load(step)
	var row []string
	if labelled {
		row, name = []string{label}, label+", "+name
	}
	for _, column := range columns {
		row = append(row, column.cell(step))
	}
	t.Rows = append(t.Rows, row)
	for _, note := range notes(step) {
		t.Notes = append(t.Notes, name+": "+note)
	}
}

// notes says what the figures of a step alone would hide.
func notes(step result.Step) (notes []string) {
	if step.CutShort != "" {
		notes = append(notes, fmt.Sprintf("cut short after %.1f s (%s)", step.Seconds, step.CutShort))
	}
	switch {
	case step.Unsent > 0:
		notes = append(notes, fmt.Sprintf("the schedule was not kept: %d calls were never sent; most in flight were %d", step.Unsent, step.MaxInFlight))
	case step.Capped:
		notes = append(notes, fmt.Sprintf("the schedule had to wait, by up to %.1f ms, because %d calls were in flight", step.MaxDelay, step.MaxInFlight))
	}
	for _, code := range slices.Sorted(maps.Keys(step.Errors)) {
		notes = append(notes, fmt.Sprintf("%d x %s, such as: %s", step.Errors[code], code, step.Examples[code]))
	}
	return notes
}

// Write prints the table and its notes, text to the left and numbers to the right.
func (t Table) Write(w io.Writer) error {
	rows := append([][]string{t.Head}, t.Rows...)
	widths := make([]int, len(t.Head))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < t.Left {
				line.WriteString("  " + cell + padding)
			} else {
				line.WriteString("  " + padding + cell)
			}
		}
		fmt.Fprintln(&text, strings.TrimRight(line.String(), " "))
	}
	for _, note := range t.Notes {
		fmt.Fprintf(&text, "  %s\n", note)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
