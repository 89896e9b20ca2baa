package page

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"numstore.example/tools/internal/study"
)

// mark is an event with its words: beside its line, in a row of words above what is drawn.
type mark struct {
	x    float64
	word string
	left bool // of the line, as there is no room to the right of it
	row  int  // from the top; -1 if there is no room for words
}

// mostRows is how many rows of words there may be above a plot, and rowPart what part of its height one takes.
const (
	mostRows = 4
	rowPart  = 0.085
)

// rowsOf lays the words of events into rows, so that no word lies on another, or on the line of another event. The events are in the order
// of X; at returns where a value is, from 0 to width.
func rowsOf(events []study.Event, width vg.Length, at func(x float64) vg.Length, size func(word string) vg.Length) (marks []mark, rows int) {
	type taken struct{ from, to vg.Length }
	var words [mostRows][]taken
	free := func(row int, from, to vg.Length) bool {
		for _, t := range words[row] {
			if from < t.to && t.from < to {
				return false
			}
		}
		return true
	}
	for _, event := range events {
		m := mark{x: event.X, word: event.Text, row: -1}
		x, long := at(event.X), size(event.Text)
		from, to := x, x+long
		if to > width {
			m.left, from, to = true, x-long, x
		}
		for row := range mostRows {
			clear := free(row, from, to)
			for below := row + 1; below < mostRows; below++ {
				clear = clear && free(below, x, x) // its line goes through them
			}
			if clear {
				m.row = row
				words[row] = append(words[row], taken{from - eventGap, to + eventGap})
				rows = max(rows, row+1)
				break
			}
		}
		marks = append(marks, m)
	}
	return marks, rows
}

// eventGap is between a line and its words, and between the words of two events.
const eventGap = 4

// marks draws events: a line from the bottom to the row of its words.
type marks struct {
	all   []mark
	style draw.TextStyle
	line  draw.LineStyle
}

// Plot draws the events.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	height := (c.Max.Y - c.Min.Y) * rowPart
	for _, mark := range m.all {
		place, top := x(mark.x), c.Max.Y-height*vg.Length(max(mark.row, 0))
		if mark.row < 0 {
			top = c.Max.Y - height*mostRows
		}
		c.StrokeLine2(m.line, place, c.Min.Y, place, top)
		if mark.row < 0 {
			continue
		}
		style, offset := m.style, vg.Length(eventGap)
		style.XAlign, style.YAlign = draw.XLeft, draw.YTop
		if mark.left {
			style.XAlign, offset = draw.XRight, -eventGap
		}
		c.FillText(style, vg.Point{X: place + offset, Y: top}, mark.word)
	}
}
