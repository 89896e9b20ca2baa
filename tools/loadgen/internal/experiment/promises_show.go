package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"numstore.example/tools/internal/study"
)

// What the measurements of the experiment on promises are called, beside those of clients. A price is measured at a number of
// clients; a finding is of a promise, and has counts or words.
const (
	promiseFactor = "promise"
	checkedFigure = "checked" // occasions on which the promise could have been seen broken
	brokenFigure  = "broken"  // of these, on which it was

	claimWord   = "claim"   // promised, or notPromised; of a finding that was not checked here neither
	saysWord    = "says"    // of such a finding, what is known of it
	exampleWord = "example" // of what was seen broken
)

// What the words of a finding claim.
const (
	promised    = "promised"
	notPromised = "not promised"
)

// promise is what a store may promise, and how findings of it are put into words.
type promise struct {
	name    string // value of promiseFactor, and head of its column
	checked string // what is counted by checkedFigure, in the plural
	broken  string // what by brokenFigure, where it was not promised
	also    string // name of a further figure, which is part of no promise; empty if there is none
}

// The promises, in the order of the table.
var (
	oneCopy   = promise{"linearizable", "reads checked", "stale reads seen", "writes lost to earlier ones"}
	inSession = promise{"session guarantees", "occasions checked", "occasions seen", "gets came too early for their server"}
	converge  = promise{"servers become equal", "comparisons", "differences seen", ""}
	bereft    = promise{"goes on without one server", "calls", "calls failed", ""}
	killed    = promise{"survives kill -9 of all servers", "keys read back", "keys lost", ""}
	powerless = promise{"survives loss of power", "", "", ""}

	promises = []promise{oneCopy, inSession, converge, bereft, killed, powerless}
)

// showPromises shows what was promised and kept, and what it cost.
func showPromises(s *study.Study) []study.Panel {
	panels := []study.Panel{kept(s.Measurements)}
	if broken := seenBroken(s.Measurements); broken.Plot.Lines != nil {
		panels = append(panels, broken)
	}
	for _, price := range []struct {
		title   string
		figures []string
	}{
		{"Throughput", []string{callsFigure}},
		{"Latency", []string{p50Figure, p99Figure}},
		{"Processor time of the servers", []string{cpuFigure}},
		{"Bytes written to disk", []string{writtenFigure}},
		{"Bytes on the wire", []string{wireFigure}},
	} {
		panels = append(panels, priced(s.Measurements, price.title, price.figures))
	}
	return panels
}

// medianSeries is what bars of prices are called in the legend: their places say of which system they are.
const medianSeries = "median of the repeats"

// priced has a bar for each system and figure.
func priced(all []study.Measurement, title string, figures []string) study.Panel {
	label := figures[0]
	if len(figures) > 1 {
		label = "ms"
	}
	panel := study.Panel{Title: title, Plot: study.Plot{Kind: study.Bars, X: study.Axis{Label: "store"}, Y: study.Axis{Label: label}}}
	panel.Table.Head = append([]string{""}, figures...)
	for _, figure := range figures {
		line := study.Line{Series: medianSeries}
		if len(figures) > 1 {
			line.Name = figure
		}
		panel.Plot.Lines = append(panel.Plot.Lines, line)
	}
	for _, system := range seriesOf(all) {
		row, measured := []string{system}, false
		for i, figure := range figures {
			cell := single(all, system, clientsFactor, figure)
			row, measured = append(row, cell.String()), measured || cell.String() != ""
			if p, there := cell.point(float64(len(panel.Plot.Categories))); there {
				panel.Plot.Lines[i].Points = append(panel.Plot.Lines[i].Points, p)
			}
		}
		if measured {
			panel.Plot.Categories = append(panel.Plot.Categories, system)
			panel.Table.Rows = append(panel.Table.Rows, row)
		}
	}
	panel.Says = extremes(panel.Plot, figures[0])
	return panel
}

// extremes says who has the least and who the most of the first line, which is of a figure.
func extremes(plot study.Plot, figure string) string {
	points := plot.Lines[0].Points
	if len(points) == 0 {
		return sentence(nil)
	}
	byY := func(a, b study.Point) int { return cmp.Compare(a.Y, b.Y) }
	least, most := slices.MinFunc(points, byY), slices.MaxFunc(points, byY)
	return fmt.Sprintf("%s: from %s (%s) to %s (%s).", figure,
		number(least.Y), plot.Categories[int(least.X)], number(most.Y), plot.Categories[int(most.X)])
}

// with returns the measurements that have a factor.
func with(all []study.Measurement, factor string) (some []study.Measurement) {
	for _, m := range all {
		if m.At[factor] != "" {
			some = append(some, m)
		}
	}
	return some
}

// kept has a column for each promise, in words.
func kept(all []study.Measurement) study.Panel {
	panel := study.Panel{Title: "What was promised, and what the same run shows of it"}
	panel.Table.Head = []string{""}
	for _, p := range promises {
		panel.Table.Head = append(panel.Table.Head, p.name)
	}
	var examples []string
	for _, system := range seriesOf(with(all, promiseFactor)) {
		row := []string{system}
		for _, p := range promises {
			f := findingOf(all, system, p)
			row = append(row, f.words(p))
			if f.example != "" {
				examples = append(examples, fmt.Sprintf("%s, %s: %s", system, p.name, f.example))
			}
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	switch {
	case panel.Table.Rows == nil:
		panel.Says = sentence(nil)
	case examples == nil:
		panel.Says = "Nothing was seen broken, promised or not."
	default:
		panel.Says = "Seen broken, for example: " + strings.Join(examples, "; ") + "."
	}
	return panel
}

// seenBroken draws how much of what was checked was seen broken, of those promises of which anything was.
func seenBroken(all []study.Measurement) study.Panel {
	systems := seriesOf(with(all, promiseFactor))
	panel := study.Panel{Title: "What was seen broken", Plot: study.Plot{
		Kind: study.Bars, X: study.Axis{Label: "store"}, Y: study.Axis{Label: "% of what was checked"}, Categories: systems,
	}}
	var parts []string
	for _, p := range promises {
		line, most := study.Line{Series: p.name}, 0.0
		for i, system := range systems {
			if f := findingOf(all, system, p); f.checked > 0 {
				share := 100 * f.broken / f.checked
				line.Points = append(line.Points, study.Point{X: float64(i), Y: share, Low: share, High: share})
				most = max(most, share)
			}
		}
		if most > 0 {
			panel.Plot.Lines = append(panel.Plot.Lines, line)
			parts = append(parts, fmt.Sprintf("%s: in up to %s %% of what was checked", p.name, number(most)))
		}
	}
	panel.Says = sentence(parts)
	return panel
}

// finding is what all repeats found of a promise of a system.
type finding struct {
	claim, says, example string
	checked, broken      float64
	also                 float64
	failure              string
}

func findingOf(all []study.Measurement, system string, p promise) (f finding) {
	for _, m := range all {
		if m.Series != system || m.At[promiseFactor] != p.name {
			continue
		}
		f.claim, f.says = cmp.Or(m.Words[claimWord], f.claim), cmp.Or(m.Words[saysWord], f.says)
		f.example = cmp.Or(f.example, m.Words[exampleWord])
		f.failure = cmp.Or(f.failure, m.Failure)
		f.checked += m.Figures[checkedFigure]
		f.broken += m.Figures[brokenFigure]
		f.also += m.Figures[p.also]
	}
	return f
}

// words are the cell of the table.
func (f finding) words(p promise) string {
	checked := fmt.Sprintf("%s %s", thousands(f.checked), p.checked)
	if f.also > 0 {
		checked += fmt.Sprintf("; %s %s", thousands(f.also), p.also)
	}
	switch {
	case f.claim == promised && f.broken > 0:
		return fmt.Sprintf("BROKEN, seen %s (%s)", times(f.broken), checked)
	case f.failure != "":
		return "failed: " + f.failure
	case f.claim == "":
		return f.says
	case f.checked == 0:
		return f.claim + ", nothing was checked"
	case f.claim == promised:
		return fmt.Sprintf("kept (%s)", checked)
	case f.broken > 0:
		return fmt.Sprintf("not promised: %s %s (%s)", thousands(f.broken), p.broken, checked)
	}
	return fmt.Sprintf("not promised, none seen (%s)", checked)
}

func times(count float64) string {
	if count == 1 {
		return "once"
	}
	return thousands(count) + " times"
}

// thousands is a count, with commas.
func thousands(x float64) string {
	digits := strconv.FormatFloat(x, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
