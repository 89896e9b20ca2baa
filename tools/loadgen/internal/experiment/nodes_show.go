package experiment

import (
	"fmt"
	"maps"
	"slices"

	"numstore.example/tools/internal/study"
)

// What the measurements of the experiment on nodes are called, beside those of clients. One of a lost leader has a timeline, of which
// a second has an event.
const (
	nodesFactor = "nodes"
	callFactor  = "call"
	lossFactor  = "lost" // of a timeline: what was killed
	gapFigure   = "longest gap s"
)

// showNodes shows what nodes and shards make of each call, and what becomes of a load when its leader is lost.
func showNodes(s *study.Study) (panels []study.Panel) {
	for _, call := range valuesOf(s.Measurements, callFactor) {
		of := only(s.Measurements, callFactor, call)
		panels = append(panels,
			chart{title: "Throughput by nodes: " + call, says: byNodes(of), factor: nodesFactor, label: callsFigure, figures: []string{callsFigure}}.panel(of),
			chart{title: "Latency by nodes: " + call, says: "Half of the calls took at most p50, and all but one of a hundred at most p99.",
				factor: nodesFactor, label: "ms", figures: []string{p50Figure, p99Figure}, logY: true}.panel(of))
	}
	for _, lost := range valuesOf(s.Measurements, lossFactor) {
		panels = append(panels, timeline(lost, only(s.Measurements, lossFactor, lost)))
	}
	return panels
}

// byNodes says what became of the throughput from the fewest nodes to the most.
func byNodes(all []study.Measurement) string {
	return sentence(ofEnds(all, nodesFactor, callsFigure, func(series string, first, last study.Point) string {
		if first.X == last.X {
			return ""
		}
		return fmt.Sprintf("%s: %s calls/s at %.0f, %s at %.0f nodes", series, number(first.Y), first.X, number(last.Y), last.X)
	}))
}

// timeline draws the first of the repeats of each series, second by second, from the moment of its event on. The table has the longest
// gap of all repeats, too.
func timeline(lost string, all []study.Measurement) study.Panel {
	panel := study.Panel{Title: "When " + lost, Plot: study.Plot{
		Kind: study.Lines, X: study.Axis{Label: "seconds since then"}, Y: study.Axis{Label: callsFigure}, Events: []study.Event{{Text: lost}},
	}}
	head, gaps := []string{"seconds since then"}, []string{gapFigure}
	var columns []map[float64]string
	var parts []string
	for _, series := range seriesOf(all) {
		gap := single(all, series, nodesFactor, gapFigure)
		points := timelineOf(all, series)
		if points != nil {
			panel.Plot.Lines = append(panel.Plot.Lines, study.Line{Series: series, Points: points})
		}
		column := make(map[float64]string)
		for _, p := range points {
			column[p.X] = thousands(p.Y)
		}
		head, gaps, columns = append(head, series+", "+callsFigure), append(gaps, gap.String()), append(columns, column)
		if p, there := gap.point(0); there {
			parts = append(parts, fmt.Sprintf("%s answered nothing for %s s", series, number(p.Y)))
		}
	}
	panel.Table = study.Table{Head: head, Rows: append([][]string{gaps}, rowsOf(columns, plain)...)}
	panel.Says = sentence(parts)
	return panel
}

// single is what was measured of a figure of a series under its only condition: a series of a timeline has one number of nodes.
func single(all []study.Measurement, series, factor, figure string) cell {
	cells := pick(all, series, factor, figure)
	if len(cells) == 0 {
		return cell{}
	}
	return cells[slices.Min(slices.Collect(maps.Keys(cells)))]
}

// timelineOf is the first timeline of a series with an event, from which it counts.
func timelineOf(all []study.Measurement, series string) []study.Point {
	for _, m := range all {
		if m.Series != series {
			continue
		}
		if points := aroundEvent(m.Timeline); points != nil {
			return points
		}
	}
	return nil
}

// aroundEvent is a timeline that counts from its event, and is nil if it has none.
func aroundEvent(seconds []study.Second) (points []study.Point) {
	for _, event := range seconds {
		if event.Event == "" {
			continue
		}
		for _, s := range seconds {
			points = append(points, study.Point{X: s.At - event.At, Y: s.Answered, Low: s.Answered, High: s.Answered})
		}
		return points
	}
	return nil
}
