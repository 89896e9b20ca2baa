package page

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"numstore.example/tools/internal/study"
)

// TestDrawPlot_any: whatever an experiment makes of its measurements is drawn, or left out; nothing of it ends the program, or is drawn at what
// is no number.
func TestDrawPlot_any(t *testing.T) {
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1, 2, 3, 1e-300, 1e300, math.MaxFloat64}))
	point := rapid.Custom(func(t *rapid.T) study.Point {
		return study.Point{X: value.Draw(t, "x"), Y: value.Draw(t, "y"), Low: value.Draw(t, "low"), High: value.Draw(t, "high")}
	})
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", hostile, longWord, "#F0F001", "#F0F0FF", "font-family:a;font-variant:b;font-weight:c;font-style:d", lengthMark + "1" + lengthMark}))
	rapid.Check(t, func(t *rapid.T) {
		p := study.Plot{Kind: study.Kind(rapid.IntRange(0, 1).Draw(t, "kind")), Categories: rapid.SliceOfN(word, 0, 40).Draw(t, "categories")}
		p.X.Logarithmic, p.Y.Logarithmic = rapid.Bool().Draw(t, "log X"), rapid.Bool().Draw(t, "log Y")
		p.X.Label, p.Y.Label = word.Draw(t, "X"), word.Draw(t, "Y")
		for range rapid.IntRange(0, 9).Draw(t, "lines") {
			p.Lines = append(p.Lines, study.Line{Series: word.Draw(t, "series"), Name: word.Draw(t, "name"), Points: rapid.SliceOfN(point, 0, 20).Draw(t, "points")})
		}
		for range rapid.IntRange(0, 9).Draw(t, "events") {
			p.Events = append(p.Events, study.Event{X: value.Draw(t, "when"), Text: word.Draw(t, "what")})
		}
		var text strings.Builder
		s := &study.Study{Header: study.Header{Title: word.Draw(t, "title")}}
		if err := WriteStudy(&text, s, []study.Panel{{Title: word.Draw(t, "panel"), Says: word.Draw(t, "says"), Plot: p}}); err != nil {
			t.Fatal(err)
		}
		_, drawing, _ := strings.Cut(text.String(), `role="img"`)
		drawing, _, _ = strings.Cut(drawing, "</svg>")
		for _, line := range strings.Split(drawing, "\n") {
			if strings.Contains(line, ` d="`) && (strings.Contains(line, "NaN") || strings.Contains(line, "Inf")) {
				t.Fatalf("it is drawn at %s", line)
			}
		}
		if strings.Contains(text.String(), "<script") {
			t.Fatal("text became an element")
		}
	})
}

// TestUsable leaves out what has no place on the axes, and spreads that make no sense.
func TestUsable(t *testing.T) {
	line := func(points ...study.Point) []study.Line { return []study.Line{{Series: "a", Points: points}} }
	whole := study.Point{X: 1, Y: 2, Low: 1, High: 3}
	for name, test := range map[string]struct {
		plot study.Plot
		want []study.Point
	}{
		"no number":          {study.Plot{Lines: line(study.Point{X: math.NaN()}, whole, study.Point{Y: math.Inf(1)})}, []study.Point{whole}},
		"no logarithm":       {study.Plot{Y: study.Axis{Logarithmic: true}, Lines: line(study.Point{X: 1}, whole, study.Point{X: 2, Y: -1})}, []study.Point{whole}},
		"no category":        {study.Plot{Categories: []string{"a", "b"}, Lines: line(study.Point{X: -1}, whole, study.Point{X: 2}, study.Point{X: 0.5})}, []study.Point{whole}},
		"no spread":          {study.Plot{Lines: line(study.Point{X: 1, Y: 2})}, []study.Point{{X: 1, Y: 2, Low: 0, High: 2}}},
		"a spread beyond":    {study.Plot{Lines: line(study.Point{X: 1, Y: 2, Low: 3, High: 1})}, []study.Point{{X: 1, Y: 2, Low: 2, High: 2}}},
		"a spread down to 0": {study.Plot{Y: study.Axis{Logarithmic: true}, Lines: line(study.Point{X: 1, Y: 2, Low: 0, High: 3})}, []study.Point{{X: 1, Y: 2, Low: 2, High: 3}}},
	} {
		if got := usable(test.plot).Lines[0].Points; !slices.Equal(got, test.want) {
			t.Errorf("%s: %v; want %v", name, got, test.want)
		}
	}
}

// TestSideBySide: bars of a category do not lie on each other, and a category that one line alone has a point in has its bar in the middle.
func TestSideBySide(t *testing.T) {
	points := func(xs ...float64) (all []study.Point) {
		for _, x := range xs {
			all = append(all, study.Point{X: x})
		}
		return all
	}
	moved, width := sideBySide([]study.Line{{Series: "a", Points: points(0, 1)}, {Series: "b", Points: points(0, 2)}})
	if width != 0.4 || moved[0].Points[0].X != -0.2 || moved[1].Points[0].X != 0.2 || moved[0].Points[1].X != 1 || moved[1].Points[1].X != 2 {
		t.Errorf("%v wide at %v; want 0.4 wide at both sides of 0, and in the middle of 1 and of 2", width, moved)
	}
	if _, width := sideBySide([]study.Line{{Points: points(0, 1, 2)}}); width > 0.5 {
		t.Errorf("bars alone are %v wide", width)
	}
}

// TestRowsOf: words do not lie on each other, nor on the lines of other events; what has no room has none, and is not drawn across.
func TestRowsOf(t *testing.T) {
	at := func(x float64) vg.Length { return vg.Length(x) }
	size := func(word string) vg.Length { return vg.Length(10 * len(word)) }
	events := func(xs ...float64) (all []study.Event) {
		for _, x := range xs {
			all = append(all, study.Event{X: x, Text: "word"})
		}
		return all
	}
	for _, test := range []struct {
		name string
		xs   []float64
		rows []int
		left []bool
	}{
		{"apart", []float64{0, 100, 200}, []int{0, 0, 0}, nil},
		{"close", []float64{0, 10, 20}, []int{0, 1, 2}, nil},
		{"a line through words", []float64{0, 30, 50}, []int{0, 1, 2}, nil}, // the first ends before the third, but that has the second below it
		{"at the end", []float64{0, 290}, []int{0, 0}, []bool{false, true}},
		{"too many", []float64{0, 1, 2, 3, 4, 5}, []int{0, 1, 2, 3, -1, -1}, nil},
	} {
		marks, rows := rowsOf(events(test.xs...), 300, at, size)
		for i, mark := range marks {
			if mark.row != test.rows[i] || test.left != nil && mark.left != test.left[i] {
				t.Errorf("%s: the event at %v is %+v; want the row %d", test.name, test.xs[i], mark, test.rows[i])
			}
		}
		if want := slices.Max(test.rows) + 1; rows != want {
			t.Errorf("%s: %d rows; want %d", test.name, rows, want)
		}
	}
}

func TestThin(t *testing.T) {
	at := func(value float64) vg.Length { return vg.Length(value) }
	size := func(label string) vg.Length { return vg.Length(10 * len(label)) }
	for _, test := range []struct{ at, want []float64 }{
		{[]float64{0, 20, 40}, []float64{0, 20, 40}},
		{[]float64{0, 5, 20, 25, 40}, []float64{0, 20, 40}},
		{[]float64{0, 30, 35}, []float64{0, 35}}, // the last before those between
		{[]float64{0, 5}, []float64{0}},
		{[]float64{7}, []float64{7}},
		{nil, nil},
	} {
		var ticks []plot.Tick
		for _, value := range test.at {
			ticks = append(ticks, plot.Tick{Value: value, Label: "x"})
		}
		thin(ticks, 2, at, size)
		var got []float64
		for _, tick := range ticks {
			if tick.Label != "" {
				got = append(got, tick.Value)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("of labels at %v are left %v; want %v", test.at, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	style := newChart("", "", panelSize).X.Tick.Label
	room := style.Width("0123456789")
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"one two", "one two"},
		{"one two three four", "one two\nthree four"},
		{"one two three four five six seven eight", "one two\nthree four\nfive six…"},
		{longWord[:30], "/a/very/lon…"},
	} {
		got := wrap(test.text, room, 3, style)
		for _, line := range strings.Split(got, "\n") {
			if style.Width(line) > room {
				t.Errorf("%q has the line %q, which is too long", test.text, line)
			}
		}
		if lines := strings.Count(got, "\n"); lines != strings.Count(test.want, "\n") || strings.HasSuffix(got, "…") != strings.HasSuffix(test.want, "…") || !strings.HasPrefix(got, test.want[:min(5, len(test.want))]) {
			t.Errorf("%q becomes %q; want about %q", test.text, got, test.want)
		}
	}
}

// TestPlaceLabel: bytes are told as people say them.
func TestPlaceLabel(t *testing.T) {
	for _, test := range []struct {
		label string
		place float64
		want  string
	}{{"value bytes", 512, "512"}, {"value bytes", 4096, "4 Ki"}, {"value bytes", 524288, "512 Ki"}, {"value bytes", 4 << 20, "4 Mi"}, {"value bytes", 5000, "5\u202f000"}, {"clients", 1024, "1\u202f024"}} {
		if got := placeLabel(study.Axis{Label: test.label}, test.place); got != test.want {
			t.Errorf("%s %v is called %q; want %q", test.label, test.place, got, test.want)
		}
	}
}

// TestFailuresOf counts measurements, and says the same once.
func TestFailuresOf(t *testing.T) {
	if got := failuresOf(&study.Study{Measurements: []study.Measurement{{Series: "a"}}}); got != nil {
		t.Errorf("%+v of none", got)
	}
	got := failuresOf(&study.Study{Measurements: []study.Measurement{{Series: "a", At: map[string]string{"clients": "1"}, Failure: "it died"}, {Series: "b", Failure: "it died"}, {Series: "a", At: map[string]string{"clients": "1"}, Repeat: 1, Failure: "it died"}}})
	if want := []string{"a, clients 1: it died (2 times)", "b: it died"}; got.Title != "3 measurements failed" || !slices.Equal(got.Items, want) {
		t.Errorf("%+v; want %v", got, want)
	}
}
