package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"numstore.example/tools/internal/study"
)

// chart says what a panel of lines shows: figures of every series by a factor whose values are numbers.
type chart struct {
	title, says string
	factor      string   // of study.Measurement.At; it labels X
	label       string   // of Y, with the unit
	figures     []string // each is a line of every series
	beside      []string // figures that only the table has
	logX, logY  bool

	place func(float64) string // how the table names a value of the factor; nil for a number
}

// cell is what was measured of one series under one condition.
type cell struct {
	values []float64 // of the repeats that went well, in ascending order
	words  []string  // why there are no others
}

// pick returns what was measured of a figure, by the value of a factor. Measurements whose factor is no number are not of this chart.
func pick(all []study.Measurement, series, factor, figure string) map[float64]cell {
	cells := make(map[float64]cell)
	for _, m := range all {
		x, err := strconv.ParseFloat(m.At[factor], 64)
		if err != nil || m.Series != series {
			continue
		}
		c := cells[x]
		c.add(m, figure)
		cells[x] = c
	}
	return cells
}

// add adds a figure of a measurement.
func (c *cell) add(m study.Measurement, figure string) {
	value, there := m.Figures[figure]
	switch {
	case m.Failure != "":
		c.words = append(c.words, "failed: "+m.Failure)
	case m.Words[leftOut] != "":
		c.words = append(c.words, leftOut+": "+m.Words[leftOut])
	case there:
		c.values = append(c.values, value)
		slices.Sort(c.values)
	}
}

// seriesOf returns the series in the order in which they were first measured.
func seriesOf(all []study.Measurement) (names []string) {
	for _, m := range all {
		if !slices.Contains(names, m.Series) {
			names = append(names, m.Series)
		}
	}
	return names
}

// point is the median with its spread. There is none without values.
func (c cell) point(x float64) (study.Point, bool) {
	if len(c.values) == 0 {
		return study.Point{}, false
	}
	return study.Point{X: x, Y: median(c.values), Low: c.values[0], High: c.values[len(c.values)-1]}, true
}

// median is that of values in ascending order, at least one.
func median(values []float64) float64 {
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// String is the cell as the table has it: the median, its spread if there are repeats, and what is not there.
func (c cell) String() string {
	var parts []string
	if p, there := c.point(0); there {
		text := number(p.Y)
		if len(c.values) > 1 {
			text += fmt.Sprintf(" (%s to %s)", number(p.Low), number(p.High))
		}
		parts = append(parts, text)
	}
	return strings.Join(append(parts, c.words...), "; ")
}

// number has at least three digits that count, and no exponent, so that nothing small looks like 0.
func number(x float64) string {
	if x == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(x))))
	return strconv.FormatFloat(x, 'f', max(0, decimals), 64)
}

// panel draws the chart from what was measured, which may be a part.
func (c chart) panel(all []study.Measurement) study.Panel {
	panel := study.Panel{Title: c.title, Says: c.says, Plot: study.Plot{
		Kind: study.Lines, X: study.Axis{Label: c.factor, Logarithmic: c.logX}, Y: study.Axis{Label: c.label, Logarithmic: c.logY},
	}}
	panel.Table.Head = []string{c.factor}
	var columns []map[float64]string
	for _, series := range seriesOf(all) {
		for i, figure := range slices.Concat(c.figures, c.beside) {
			cells := pick(all, series, c.factor, figure)
			column := make(map[float64]string)
			for x, cell := range cells {
				column[x] = cell.String()
			}
			columns = append(columns, column)
			panel.Table.Head = append(panel.Table.Head, series+", "+figure)
			if i < len(c.figures) {
				panel.Plot.Lines = append(panel.Plot.Lines, c.line(series, figure, cells))
			}
		}
	}
	place := c.place
	if place == nil {
		place = plain
	}
	panel.Table.Rows = rowsOf(columns, place)
	return panel
}

// rowsOf has a row for each place that a column has, in ascending order; name is what a place is called.
func rowsOf(columns []map[float64]string, name func(float64) string) (rows [][]string) {
	places := make(map[float64]bool)
	for _, column := range columns {
		for x := range column {
			places[x] = true
		}
	}
	for _, x := range slices.Sorted(maps.Keys(places)) {
		row := []string{name(x)}
		for _, column := range columns {
			row = append(row, column[x])
		}
		rows = append(rows, row)
	}
	return rows
}

// plain is a number as it is.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// line has the points that can be drawn: a logarithmic axis has no place for what is not above 0.
func (c chart) line(series, figure string, cells map[float64]cell) study.Line {
	line := study.Line{Series: series}
	if len(c.figures) > 1 {
		line.Name = figure
	}
	for _, x := range slices.Sorted(maps.Keys(cells)) {
		p, there := cells[x].point(x)
		if there && (!c.logX || x > 0) && (!c.logY || p.Low > 0) {
			line.Points = append(line.Points, p)
		}
	}
	return line
}

// across says what became of a figure of each series from the least value of a factor that was measured to the greatest. What is at a
// place is put into words: "with 1 client".
func across(all []study.Measurement, factor, figure string, at func(x float64) string) string {
	return sentence(ofEnds(all, factor, figure, func(series string, first, last study.Point) string {
		part := fmt.Sprintf("%s: %s %s %s", series, number(first.Y), figure, at(first.X))
		if last.X > first.X {
			part += fmt.Sprintf(", %s %s", number(last.Y), at(last.X))
		}
		return part
	}))
}

// ofEnds puts into words what a figure of each series was with the least value of a factor that was measured and with the greatest. These are
// the same point if there is no other one. Empty words are left out.
func ofEnds(all []study.Measurement, factor, figure string, words func(series string, first, last study.Point) string) (parts []string) {
	for _, series := range seriesOf(all) {
		points := chart{}.line(series, figure, pick(all, series, factor, figure)).Points
		if len(points) == 0 {
			continue
		}
		if part := words(series, points[0], points[len(points)-1]); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// counted is a number of things: "on 1 server", "on 2 servers".
func counted(preposition, noun string) func(x float64) string {
	return func(x float64) string {
		if x == 1 {
			return fmt.Sprintf("%s 1 %s", preposition, noun)
		}
		return fmt.Sprintf("%s %s %ss", preposition, plain(x), noun)
	}
}

// sentence is what a panel says, of parts for each series that answered.
func sentence(parts []string) string {
	if parts == nil {
		return "Nothing was answered."
	}
	return strings.Join(parts, "; ") + "."
}
