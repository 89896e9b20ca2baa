package page

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"numstore.example/tools/internal/study"
)

// panelSize is small enough for its words to be read on a phone.
var panelSize = vg.Point{X: 400, Y: 250}

// Lines of one series that differ by name differ by these: dashes of lines, opacities of bars.
var (
	dashes    = [][]vg.Length{nil, {6, 3.5}, {1.5, 3}, {8, 3, 1.5, 3}}
	opacities = []float64{1, 0.6, 0.35, 0.2}
)

// namesOf returns the names that lines of a plot have, in their order; the place of one is that in dashes, or opacities.
func namesOf(p study.Plot) (names []string) {
	for _, line := range p.Lines {
		if !slices.Contains(names, line.Name) {
			names = append(names, line.Name)
		}
	}
	return names
}

// drawPlot draws the plot of a panel; colours has the colour of each series.
func drawPlot(p study.Plot, colours map[string]int) *chart {
	p = usable(p)
	c := newChart("", "", panelSize)
	names := namesOf(p)
	bars := p.Kind == study.Bars && len(p.Categories) > 0
	if bars {
		c.barsOf(p, colours, names)
	} else {
		c.linesOf(p, colours, names)
	}
	if !c.drawn {
		return c
	}
	c.scaleY(p.Y)
	c.scaleX(p)
	if bars {
		c.values(p.Lines)
	}
	c.mark(p.Events)
	return c
}

func (c *chart) linesOf(p study.Plot, colours map[string]int, names []string) {
	for _, line := range p.Lines {
		points := slices.SortedStableFunc(slices.Values(line.Points), func(a, b study.Point) int { return cmp.Compare(a.X, b.X) })
		colour := hue(colours[line.Series], 1)
		c.spreads(points, hue(colours[line.Series], 0.6))
		c.line(xys(points), colour, dashes[slices.Index(names, line.Name)%len(dashes)]...)
	}
}

// scaleY makes the axis round: from 0 (or below, if there are such points), or logarithmic.
func (c *chart) scaleY(a study.Axis) {
	if a.Logarithmic {
		logarithmic(&c.Y)
	} else {
		low := min(c.Y.Min, 0) * 1.06
		fromZero(&c.Y)
		c.Y.Min = low
	}
	c.thinned(&c.Y, c.inner().Y, 2, func(string) vg.Length { return c.Y.Tick.Label.FontExtents().Height })
}

// scaleX has a tick for each place that has points if they are few, and round numbers if not.
func (c *chart) scaleX(p study.Plot) {
	if len(p.Categories) > 0 {
		c.categories(p.Categories)
		return
	}
	places := placesOf(p)
	few := len(places) <= 10
	first, last := places[0], places[len(places)-1]
	switch {
	case p.X.Logarithmic:
		c.X.Min, c.X.Max = first/1.2, last*1.2
		c.X.Scale = plot.LogScale{}
		c.X.Tick.Marker = plot.TickerFunc(logTicks)
	case first >= 0 && first <= last/5 && !few:
		c.X.Min, c.X.Max = 0, max(last, 1)
		c.X.Tick.Marker = plot.TickerFunc(roundTicks)
	default:
		room := max((last-first)*0.04, math.Abs(last)*1e-6, 1e-6)
		c.X.Min, c.X.Max = first-room, last+room
		c.X.Tick.Marker = plot.TickerFunc(roundTicks)
	}
	if few {
		var ticks plot.ConstantTicks
		for _, place := range places {
			ticks = append(ticks, plot.Tick{Value: place, Label: placeLabel(p.X, place)})
		}
		c.X.Tick.Marker = ticks
	}
	c.thinned(&c.X, c.inner().X, 6, c.X.Tick.Label.Width)
}

// placeLabel is what a place of X is called. Bytes have binary prefixes where they are round in them.
func placeLabel(a study.Axis, place float64) string {
	const kibi, mebi = 1 << 10, 1 << 20
	switch bytes := strings.HasSuffix(a.Label, "bytes"); {
	case bytes && place >= mebi && math.Mod(place, mebi) == 0:
		return thousands(place/mebi) + " Mi"
	case bytes && place >= kibi && math.Mod(place, kibi) == 0:
		return thousands(place/kibi) + " Ki"
	}
	return thousands(place)
}

// placesOf returns the places of X that have points, in order, and those of events.
func placesOf(p study.Plot) (places []float64) {
	for _, line := range p.Lines {
		for _, point := range line.Points {
			places = append(places, point.X)
		}
	}
	for _, event := range p.Events {
		places = append(places, event.X)
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// categories names the places of X. Names that are too long for their room are broken into lines; if a word alone is, they are turned.
func (c *chart) categories(names []string) {
	c.X.Min, c.X.Max = -0.5, float64(len(names))-0.5
	style := &c.X.Tick.Label
	room := c.inner().X/vg.Length(len(names)) - 6
	const most = 4 // lines
	label := func(name string) string { return wrap(name, room, most, *style) }
	if slices.ContainsFunc(names, func(name string) bool { return !fitsIn(name, room, most, *style) }) {
		style.Rotation, style.XAlign, style.YAlign = math.Pi/2, draw.XRight, draw.YCenter
		label = func(name string) string { return cut(name, 110, *style) }
	}
	every := 1 // of the names has room
	if height := style.FontExtents().Height; style.Rotation != 0 && room+6 < height {
		every = int(math.Ceil(float64(height / (room + 6))))
	}
	var ticks plot.ConstantTicks
	for i, name := range names {
		if i%every == 0 {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: label(name)})
		}
	}
	c.X.Tick.Color = grid
	c.X.Tick.Marker = ticks
	before := c.size.Y - c.inner().Y
	c.size.Y += max(0, before-50) // many lines take nothing from the plot
}

// fitsIn says whether wrap has room for a text without cutting it.
func fitsIn(words string, room vg.Length, most int, style text.Style) bool {
	whole := wrap(words, room, math.MaxInt, style)
	return whole == wrap(words, room, most, style) && !slices.Contains([]rune(whole), '…')
}

// thinned takes labels from the ticks of an axis that is so long.
func (c *chart) thinned(a *plot.Axis, length, gap vg.Length, size func(string) vg.Length) {
	ticks := a.Tick.Marker.Ticks(a.Min, a.Max)
	thin(ticks, gap, func(value float64) vg.Length { return vg.Length(a.Norm(value)) * length }, size)
	a.Tick.Marker = plot.ConstantTicks(ticks)
}

// inner returns the size of what is drawn on, within the axes.
func (c *chart) inner() vg.Point {
	return c.DataCanvas(inside(draw.Canvas{Rectangle: vg.Rectangle{Max: c.size}})).Size()
}

// mark adds events. Their words get rows of their own above what is drawn.
func (c *chart) mark(events []study.Event) {
	if len(events) == 0 {
		return
	}
	style := c.X.Tick.Label
	style.Font = sans(10)
	width := c.inner().X
	sorted := slices.SortedStableFunc(slices.Values(events), func(a, b study.Event) int { return cmp.Compare(a.X, b.X) })
	for i := range sorted {
		sorted[i].Text = cut(sorted[i].Text, width*0.45, style)
	}
	all, rows := rowsOf(sorted, width,
		func(x float64) vg.Length { return vg.Length(c.X.Norm(x)) * width },
		func(word string) vg.Length { return style.Width(word) + eventGap })
	c.headroom(float64(rows) * rowPart)
	c.Add(marks{all: all, style: style, line: draw.LineStyle{Color: muted, Width: 1, Dashes: []vg.Length{2, 2}}})
}

// headroom leaves so much of the height, below 1, above what is drawn. The ticks stay where they are.
func (c *chart) headroom(part float64) {
	if _, is := c.Y.Scale.(plot.LogScale); is {
		c.Y.Max *= math.Pow(c.Y.Max/c.Y.Min, part/(1-part))
		return
	}
	c.Y.Max += (c.Y.Max - c.Y.Min) * part / (1 - part)
}
