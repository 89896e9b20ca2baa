package page

import (
	"errors"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"numstore.example/tools/internal/study"
)

// bars are rectangles that stand on the axis, or on 0 if it goes below.
type bars struct {
	points plotter.XYs // the middles of the tops
	width  float64     // in units of X
	paint  paint
}

// Plot draws the bars.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	foot := c.Min.Y
	if p.Y.Min < 0 {
		foot = y(0)
	}
	for _, top := range b.points {
		left, right := x(top.X-b.width/2), x(top.X+b.width/2)
		c.FillPolygon(b.paint, []vg.Point{{X: left, Y: foot}, {X: left, Y: y(top.Y)}, {X: right, Y: y(top.Y)}, {X: right, Y: foot}})
	}
}

// DataRange is that of the tops.
func (b bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	return plotter.XYRange(b.points)
}

func (c *chart) barsOf(p study.Plot, colours map[string]int, names []string) {
	lines, width := sideBySide(p.Lines)
	for _, line := range lines {
		if len(line.Points) == 0 {
			continue
		}
		c.drawn = true
		opacity := opacities[slices.Index(names, line.Name)%len(opacities)]
		c.Add(bars{xys(line.Points), width * 0.92, hue(colours[line.Series], opacity)})
		c.spreads(line.Points, ink)
	}
}

// values writes above each bar how high it is, if all of them have room for that.
func (c *chart) values(lines []study.Line) {
	style := c.X.Tick.Label
	style.Font, style.Color, style.Rotation, style.XAlign, style.YAlign = sans(9), muted, 0, draw.XCenter, draw.YBottom
	moved, width := sideBySide(lines)
	room := c.inner().X * vg.Length(c.X.Norm(c.X.Min+width))
	var above plotter.XYLabels
	for _, line := range moved {
		for _, p := range line.Points {
			label := thousands(roundTo(p.Y))
			if style.Width(label) > room {
				return
			}
			above.XYs = append(above.XYs, plotter.XY{X: p.X, Y: p.High})
			above.Labels = append(above.Labels, label)
		}
	}
	labels, err := plotter.NewLabels(above)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i] = style
	}
	labels.Offset.Y = 3
	c.headroom(valuePart)
	c.Add(labels)
}

// valuePart is what part of the height the values above the bars take.
const valuePart = 0.06

// group is how much of the room of a category its bars take.
const group = 0.8

// sideBySide moves the points of each category apart, so that each has a bar of its own, and returns the width of a bar. A category that
// few of the lines have points in has its bars in the middle.
func sideBySide(lines []study.Line) (moved []study.Line, width float64) {
	inCategory := make(map[float64]int)
	most := 1
	for _, line := range lines {
		for _, p := range line.Points {
			inCategory[p.X]++
			most = max(most, inCategory[p.X])
		}
	}
	width = min(group/float64(most), 0.4)
	place := make(map[float64]int)
	for _, line := range lines {
		points := make([]study.Point, 0, len(line.Points))
		for _, p := range line.Points {
			category := p.X
			p.X += width * (float64(place[category]) - float64(inCategory[category]-1)/2)
			place[category]++
			points = append(points, p)
		}
		line.Points = points
		moved = append(moved, line)
	}
	return moved, width
}
