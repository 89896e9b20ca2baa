package page

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"numstore.example/tools/internal/study"
	"numstore.example/tools/loadgen/internal/table"
)

// about is what is said of an experiment beside its panels.
type about struct {
	Title, When, Command        string
	Machine, Settings, Versions [][2]string // name and value
	Failures                    *failures   // nil if there are none
}

// failures are the measurements that went wrong.
type failures struct {
	Title string
	Items []string
}

func aboutOf(s *study.Study) about {
	h := s.Header
	a := about{
		Title: h.Title, Command: shellWords(h.Command),
		Machine: machineOf(h.Machine), Settings: pairs(h.Settings), Versions: pairs(h.Versions), Failures: failuresOf(s),
	}
	if !h.Started.IsZero() {
		a.When = h.Started.UTC().Format("2 January 2006, 15:04 UTC")
	}
	if s.End != nil && a.When != "" {
		if took := s.End.Stopped.Sub(h.Started).Round(time.Second); took > 0 {
			a.When += fmt.Sprintf(", took %v", took)
		}
	}
	return a
}

// machineOf names what is known of a machine.
func machineOf(m study.Machine) (known [][2]string) {
	cpus, memory := "", ""
	if m.CPUs > 0 {
		cpus = strconv.Itoa(m.CPUs)
	}
	if m.Memory > 0 {
		memory = fmt.Sprintf("%.1f GiB", float64(m.Memory)/(1<<30))
	}
	for _, pair := range [][2]string{
		{"processor", m.Processor}, {"CPUs", cpus}, {"memory", memory}, {"system", m.System}, {"disk", m.Disk},
		{"time of a sync", m.Sync}, {"when it began", m.Busy}, {"generator", m.Generator},
	} {
		if pair[1] != "" {
			known = append(known, pair)
		}
	}
	return known
}

// pairs returns names and values by the order of the names.
func pairs(values map[string]string) (all [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, [2]string{name, values[name]})
	}
	return all
}

// shellWords writes a command so that a shell reads it as it was.
func shellWords(command []string) string {
	var words []string
	for _, word := range command {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool {
			return !strings.ContainsRune("+-./:=@_,%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// failuresOf lists what failed, each once, in the order in which it first did.
func failuresOf(s *study.Study) *failures {
	failed := s.Failures()
	if len(failed) == 0 {
		return nil
	}
	var items []string
	times := make(map[string]int)
	for _, m := range failed {
		parts := []string{m.Series}
		for _, at := range pairs(m.At) {
			parts = append(parts, at[0]+" "+at[1])
		}
		item := strings.Join(parts, ", ") + ": " + m.Failure
		if times[item]++; times[item] == 1 {
			items = append(items, item)
		}
	}
	for i, item := range items {
		if times[item] > 1 {
			items[i] = fmt.Sprintf("%s (%d times)", item, times[item])
		}
	}
	title := fmt.Sprintf("%d measurements failed", len(failed))
	if len(failed) == 1 {
		title = "1 measurement failed"
	}
	return &failures{title, items}
}

// tableOf returns the table of a panel with rows that are all as wide as the head. A panel that has none gets one of all that it draws.
func tableOf(p study.Panel) table.Table {
	t := table.Table{Head: p.Table.Head, Left: 1}
	rows := p.Table.Rows
	if len(t.Head) == 0 {
		t.Head, rows = plotted(p.Plot)
	}
	if onlyWords(p) {
		t.Left = len(t.Head)
	}
	for _, row := range rows {
		wide := make([]string, len(t.Head))
		copy(wide, row)
		t.Rows = append(t.Rows, wide)
	}
	return t
}

// onlyWords says whether a panel has a table and no plot, also not one that lacks its points.
func onlyWords(p study.Panel) bool { return p.Plot.Y.Label == "" && len(p.Table.Rows) > 0 }

// plotted returns every value of a plot: a row for each place of X, a column for each series, or each of its names.
func plotted(p study.Plot) (head []string, rows [][]string) {
	head = []string{p.X.Label}
	at := make(map[float64]map[string]string) // by what is in the head
	for _, line := range p.Lines {
		column := strings.TrimSuffix(line.Series+", "+line.Name, ", ")
		if !slices.Contains(head[1:], column) {
			head = append(head, column)
		}
		for _, point := range line.Points {
			if math.IsNaN(point.X) {
				continue
			}
			if at[point.X] == nil {
				at[point.X] = make(map[string]string)
			}
			at[point.X][column] = pointWords(point)
		}
	}
	for _, x := range slices.Sorted(maps.Keys(at)) {
		row := []string{placeName(p, x)}
		for _, column := range head[1:] {
			row = append(row, at[x][column])
		}
		rows = append(rows, row)
	}
	return head, rows
}

// placeName is what a place of X is called.
func placeName(p study.Plot, x float64) string {
	if isPlace(x, len(p.Categories)) {
		return p.Categories[int(x)]
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// pointWords writes a median, with its spread if it has one.
func pointWords(p study.Point) string {
	text := strconv.FormatFloat(p.Y, 'g', 6, 64)
	if p.Low < p.High {
		text += fmt.Sprintf(" (%s to %s)", strconv.FormatFloat(p.Low, 'g', 6, 64), strconv.FormatFloat(p.High, 'g', 6, 64))
	}
	return text
}
