package page

import (
	"errors"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"numstore.example/tools/internal/study"
)

// usable returns a plot of those points that have a place on its axes. A spread that makes no sense is none.
func usable(p study.Plot) study.Plot {
	fits := func(value float64, a study.Axis) bool {
		const most, least = 1e15, 1e-9 // beyond these, axes and their words are of no use
		return math.Abs(value) <= most && (!a.Logarithmic || value >= least)
	}
	p.X.Logarithmic = p.X.Logarithmic && len(p.Categories) == 0
	var lines []study.Line
	for _, line := range p.Lines {
		var points []study.Point
		for _, point := range line.Points {
			if !fits(point.X, p.X) || !fits(point.Y, p.Y) || len(p.Categories) > 0 && !isPlace(point.X, len(p.Categories)) {
				continue
			}
			if !(fits(point.Low, p.Y) && point.Low <= point.Y) {
				point.Low = point.Y
			}
			if !(fits(point.High, p.Y) && point.High >= point.Y) {
				point.High = point.Y
			}
			points = append(points, point)
		}
		line.Points = points
		lines = append(lines, line)
	}
	var events []study.Event
	for _, event := range p.Events {
		if fits(event.X, p.X) {
			events = append(events, event)
		}
	}
	p.Lines, p.Events = lines, events
	return p
}

// isPlace says whether x is the number of one of so many categories.
func isPlace(x float64, categories int) bool {
	return x >= 0 && x < float64(categories) && x == math.Trunc(x)
}

// spreads adds a mark from the least to the greatest of each point that has more than one value.
func (c *chart) spreads(points []study.Point, colour paint) {
	var marks spreadPoints
	for _, p := range points {
		if p.Low < p.High {
			marks = append(marks, p)
		}
	}
	if len(marks) == 0 {
		return
	}
	drawn, err := plotter.NewYErrorBars(marks)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	drawn.LineStyle = draw.LineStyle{Color: colour, Width: 1.1}
	drawn.CapWidth = 5
	c.Add(drawn)
}

// spreadPoints are points as the drawing library wants them.
type spreadPoints []study.Point

func (s spreadPoints) Len() int                { return len(s) }
func (s spreadPoints) XY(i int) (x, y float64) { return s[i].X, s[i].Y }
func (s spreadPoints) YError(i int) (below, above float64) {
	return s[i].Y - s[i].Low, s[i].High - s[i].Y
}
func xys(points []study.Point) (all plotter.XYs) {
	for _, p := range points {
		all = append(all, plotter.XY{X: p.X, Y: p.Y})
	}
	return all
}
