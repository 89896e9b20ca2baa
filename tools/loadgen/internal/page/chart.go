package page

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// hues is how many series have a colour of their own; the one after them has that of the first.
const hues = 12

// paint is a colour of the style sheet. The drawing library knows colours only by their value: it draws
// with values that stand for names, and svg puts the names in their places.
type paint struct {
	number  uint32
	opacity float64 // 0 to 1
}

// names of the colours; the series' come first.
var names = []string{"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "ink", "muted", "axis", "grid"}

var ink, muted, axis, grid = paint{12, 1}, paint{13, 1}, paint{14, 1}, paint{15, 1}

// hue is the colour of a series.
func hue(series int, opacity float64) paint {
	return paint{uint32(series % hues), opacity}
}

// RGBA returns the value #F0F0nn, where nn is the colour's number. The half is lost again when the library
// rounds down.
func (p paint) RGBA() (r, g, b, a uint32) {
	a = uint32(p.opacity * math.MaxUint16)
	part := func(value uint32) uint32 { return uint32((float64(value) + 0.5) * float64(a) / 255) }
	return part(0xF0), part(0xF0), part(p.number), a
}

var (
	placeholder = regexp.MustCompile(`#F0F0([0-9A-F]{2})`)
	fonts       = regexp.MustCompile(`font-family:[^;"<]*;font-variant:[^;"<]*;font-weight:[^;"<]*;font-style:[^;"<]*;?`)
	measure     = regexp.MustCompile(`>` + lengthMark + `([0-9.]+)` + lengthMark)
	opening     = regexp.MustCompile(`(?s)^.*?<svg[^>]*viewBox="([^"]*)"[^>]*>`)
)

// Size of a chart of runs; the page scales it.
var runSize = vg.Point{X: 520, Y: 270}

// chart is a plot that remembers whether there is anything in it.
type chart struct {
	*plot.Plot
	size  vg.Point
	drawn bool
	err   error
}

func newChart(x, y string, size vg.Point) *chart {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Width = axis, 0.7
		a.Padding = 0
		a.Label.TextStyle.Color, a.Label.TextStyle.Font = muted, sans(11)
		a.Label.Padding = 4
		a.Tick.Label.Color, a.Tick.Label.Font = muted, sans(10.5)
		a.Tick.Color, a.Tick.Width, a.Tick.Length = axis, 0.7, 4
	}
	p.X.Label.Text, p.Y.Label.Text = x, y
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = grid, grid
	lines.Vertical.Width, lines.Horizontal.Width = 0.7, 0.7
	p.Add(lines)
	return &chart{Plot: p, size: size}
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: plot.DefaultFont.Typeface, Variant: "Sans", Size: size}
}

// line adds a line, with a dot at each point if there are not many. Its dashes are lengths, drawn and left out in turn; without any it is solid.
func (c *chart) line(points plotter.XYs, colour paint, dashes ...vg.Length) {
	if len(points) == 0 {
		return
	}
	c.drawn = true
	line, err := plotter.NewLine(points)
	dots, errDots := plotter.NewScatter(points)
	if err = errors.Join(err, errDots); err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	line.Color, line.Width, line.Dashes = colour, 1.7, dashes
	dots.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: 2.6, Shape: draw.CircleGlyph{}}
	c.Add(line)
	if len(points) <= 30 {
		c.Add(dots)
	}
}

// label writes a word beside a point.
func (c *chart) label(x, y float64, word string, colour paint) {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{word}})
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	labels.TextStyle[0].Color, labels.TextStyle[0].Font = colour, sans(9.5)
	labels.Offset = vg.Point{X: 3, Y: 3}
	c.Add(labels)
}

// measured is a canvas that says of each text how long it was meant to be. The fonts of a page are those of its reader's system; in a wider one than
// the library measures with, words would leave the drawing, or lie on each other.
type measured struct{ *vgsvg.Canvas }

// FillString draws a text, with its length before it, which svg makes an attribute. Nothing in the text looks like what svg replaces.
func (m measured) FillString(face font.Face, at vg.Point, words string) {
	words = strings.ReplaceAll(words, lengthMark, "")
	length := fmt.Sprintf("%s%.2f%s", lengthMark, face.Width(words).Points(), lengthMark)
	m.Canvas.FillString(face, at, length+strings.NewReplacer("#", "#"+lengthMark, ":", lengthMark+":").Replace(words))
}

// lengthMark is before and behind the length of a text, and where the text must not be read as anything else. What is drawn has none.
const lengthMark = "\x01"

// inside is what a chart may draw on: the last numbers and words need room beyond the axes.
func inside(c draw.Canvas) draw.Canvas { return draw.Crop(c, 2, -16, 2, -8) }

// svg draws the chart, with colours and fonts of the page. It returns "" if there is nothing in it.
func (c *chart) svg(title string) (string, error) {
	if c.err != nil || !c.drawn {
		return "", c.err
	}
	canvas := measured{vgsvg.New(c.size.X, c.size.Y)}
	c.Draw(inside(draw.New(canvas)))
	var drawing bytes.Buffer
	if _, err := canvas.WriteTo(&drawing); err != nil {
		return "", err
	}
	text := fonts.ReplaceAllString(drawing.String(), "")
	text = measure.ReplaceAllString(text, ` textLength="$1" lengthAdjust="spacingAndGlyphs">`)
	text = placeholder.ReplaceAllStringFunc(text, func(value string) string {
		number, _ := strconv.ParseUint(value[len("#F0F0"):], 16, 8)
		return "var(--" + names[number] + ")"
	})
	text = strings.ReplaceAll(text, lengthMark, "")
	text = opening.ReplaceAllString(text, fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1" role="img" aria-label="%s">`, html.EscapeString(strings.ReplaceAll(title, "$", "$$"))))
	return strings.TrimSpace(text), nil
}
