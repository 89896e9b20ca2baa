package page

import (
	"fmt"
	"io"
	"math"
)

// Promise is what a checker found of one promise of a service.
type Promise struct {
	Name, Text     string
	Tested, Broken int // occasions
	Timelines      []Timeline
}

// Timeline is a few operations that show together what is wrong.
type Timeline struct {
	Title string
	Bars  []Bar // in the order in which they are drawn, from above
}

// Bar is an operation. Its times are in nanoseconds from any base.
type Bar struct {
	Who, What  string
	Start, End int64
}

// WriteFindings writes a page of what was found, with all timelines.
func WriteFindings(w io.Writer, summary string, promises []Promise) error {
	return pages.ExecuteTemplate(w, "findings.html", map[string]any{"Head": head{"loadgen check"}, "Summary": summary, "Promises": promises})
}

// Sizes of a timeline, in the units of its drawing.
const (
	timelineWidth = 1300.0
	rowHeight     = 44.0
	leastBar      = 3.0 // what a short operation is drawn with
)

// Height is the height of the drawing.
func (t Timeline) Height() float64 { return rowHeight * float64(len(t.Bars)) }

// drawn is a bar with its place.
type drawn struct {
	Bar
	X, Width, TextY, BarY float64
	Hue                   int
}

// Drawn returns the bars with their places: all from left to right as in time, each in a row of its own, below its words.
func (t Timeline) Drawn() (all []drawn) {
	first, last := int64(math.MaxInt64), int64(0)
	for _, bar := range t.Bars {
		first, last = min(first, bar.Start), max(last, bar.End)
	}
	scale := (timelineWidth - leastBar) / float64(max(last-first, 1))
	colours := make(map[string]int)
	for i, bar := range t.Bars {
		if _, known := colours[bar.Who]; !known {
			colours[bar.Who] = len(colours) % hues
		}
		all = append(all, drawn{
			Bar: bar, Hue: colours[bar.Who],
			X: float64(bar.Start-first) * scale, Width: max(leastBar, float64(bar.End-bar.Start)*scale),
			TextY: rowHeight*float64(i) + 18, BarY: rowHeight*float64(i) + 25,
		})
	}
	return all
}

// When says for people when the operation was, in seconds.
func (b Bar) When() string {
	return fmt.Sprintf("%.6f s to %.6f s", float64(b.Start)/1e9, float64(b.End)/1e9)
}
