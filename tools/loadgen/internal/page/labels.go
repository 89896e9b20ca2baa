package page

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// cut shortens a text that is wider than room; an ellipsis says so.
func cut(word string, room vg.Length, style text.Style) string {
	if style.Width(word) <= room {
		return word
	}
	runes := []rune(word)
	for len(runes) > 0 && style.Width(string(runes)+"…") > room {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}

// wrap breaks a text between its words into lines of at most room, and at most so many; what has no place in them is cut.
func wrap(words string, room vg.Length, most int, style text.Style) string {
	var lines []string
	for _, word := range strings.Fields(words) {
		last := len(lines) - 1
		switch {
		case last >= 0 && (style.Width(lines[last]+" "+word) <= room || len(lines) == most):
			lines[last] += " " + word
		default:
			lines = append(lines, word)
		}
	}
	for i := range lines {
		lines[i] = cut(lines[i], room, style)
	}
	return strings.Join(lines, "\n")
}

// thin takes the labels from ticks that have no room for them: those that would come closer than gap to one that is kept. The first and
// the last are kept before those between them. At returns where a value is, size how long its label is along the axis.
func thin(ticks []plot.Tick, gap vg.Length, at func(value float64) vg.Length, size func(label string) vg.Length) {
	if len(ticks) < 2 {
		return
	}
	start := func(t plot.Tick) vg.Length { return at(t.Value) - size(t.Label)/2 }
	end := func(t plot.Tick) vg.Length { return at(t.Value) + size(t.Label)/2 }
	last := ticks[len(ticks)-1]
	free := end(ticks[0]) + gap
	for i := 1; i < len(ticks)-1; i++ {
		if start(ticks[i]) < free || end(ticks[i])+gap > start(last) {
			ticks[i].Label = ""
			continue
		}
		free = end(ticks[i]) + gap
	}
	if start(last) < end(ticks[0])+gap {
		ticks[len(ticks)-1].Label = ""
	}
}
