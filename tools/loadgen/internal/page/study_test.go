package page

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
	"numstore.example/tools/loadgen/internal/table"
)

func TestWriteStudy(t *testing.T) {
	s, panels := sampleStudy()
	text := writeStudy(t, s, panels)
	words, count := elements(t, text)
	for _, say := range []string{
		"What do further nodes cost, and " + hostile, "27 November 2026, 18:35 UTC, took 4m7s", "AMD EPYC 7B13", "8.0 GiB", "0.8 ms, p99 2.1 ms",
		"loadgen experiment nodes --full '--peers=etcd and " + longWord + "'", "mix" + hostile, "etcd3.6.5", "Throughput by clients", "21 400 calls/s",
		"2 measurements failed", "etcd, 5 nodes, clients 256, mix read-only: the server ended: exit status 1: " + longWord + " (2 times)",
		"ms, of the calls that were answered in the window", "least to greatest", "p95 ms", "16.25 first correct read, of " + hostile, "the end of it " + longWord,
		"Nothing to draw", "512 Ki", "answered-by-followers " + longWord, "failed: " + longWord,
	} {
		if !strings.Contains(words, say) {
			t.Errorf("the page does not say %q", say)
		}
	}
	if strings.Contains(words, "Not everything was measured") || strings.Contains(words, "a cell too many") {
		t.Error("the page says that the study was cut, or has a cell beside its table")
	}
	if count["script"] != 0 || count["link"] != 0 || count["img"] != 0 || count["table"] != len(panels)-1 || count["figure"] != len(panels) {
		t.Errorf("the page has the elements %v", count)
	}
	if plots := strings.Count(text, `role="img"`); plots != len(panels)-1 {
		t.Errorf("%d plots; want %d", plots, len(panels)-1)
	}
	checkAlone(t, text)
	for _, series := range sampleSeries {
		if n := strings.Count(words, series); n == 0 {
			t.Errorf("the page does not name %s", series)
		}
	}
}

// TestWriteStudy_values: every value that is drawn is in a table, with its spread, if the panel has no table of its own.
func TestWriteStudy_values(t *testing.T) {
	s, panels := sampleStudy()
	words, _ := elements(t, writeStudy(t, s, panels))
	for _, p := range panels {
		if p.Table.Head != nil {
			continue
		}
		for _, line := range p.Plot.Lines {
			for _, point := range line.Points {
				want := fmt.Sprintf("%.6g", point.Y)
				if point.Low < point.High {
					want += fmt.Sprintf(" (%.6g to %.6g)", point.Low, point.High)
				}
				if !strings.Contains(words, want) {
					t.Errorf("%s: %s is drawn, and in no table", p.Title, want)
				}
			}
		}
	}
}

// TestWriteStudy_colours: a series has one colour in all plots, that of the legend, also where a panel has it alone.
func TestWriteStudy_colours(t *testing.T) {
	s, panels := sampleStudy()
	slices.Reverse(panels[0].Plot.Lines) // an order of its own
	alone := throughputPanel()
	alone.Plot.Lines = alone.Plot.Lines[3:4]
	text := writeStudy(t, s, append(panels[:1:1], alone))
	legend := regexp.MustCompile(`swatch (s\d+)"></span><strong>([^<]*)<`).FindAllStringSubmatch(text, -1)
	if len(legend) != len(sampleSeries) {
		t.Fatalf("the legend is %q; want each series once", legend)
	}
	for i, entry := range legend {
		if want := fmt.Sprintf("s%d", i); entry[1] != want || entry[2] != sampleSeries[i] {
			t.Errorf("the legend has %q as %s; want %q, as it was measured first, as %s", entry[2], entry[1], sampleSeries[i], want)
		}
	}
	_, second, _ := strings.Cut(text, `aria-label="Throughput by clients`)
	_, second, _ = strings.Cut(second, `aria-label="Throughput by clients`)
	second, _, _ = strings.Cut(second, "</svg>")
	for colour, want := range map[string]bool{"stroke:var(--s3)": true, "stroke:var(--s0)": false} {
		if strings.Contains(second, colour) != want {
			t.Errorf("the plot of %s alone has %s: %v", sampleSeries[3], colour, !want)
		}
	}
}

// TestWriteStudy_cut: a study that was cut says so, and why, above all that it shows.
func TestWriteStudy_cut(t *testing.T) {
	for _, test := range []struct {
		end  *study.End
		says string
	}{{nil, "killed"}, {&study.End{Cut: "interrupted by <you>"}, "interrupted by <you>"}} {
		s, panels := sampleStudy()
		s.End = test.end
		words, _ := elements(t, writeStudy(t, s, panels[:1]))
		before, _, _ := strings.Cut(words, "Throughput by clients")
		if !strings.Contains(before, "Not everything was measured: ") || !strings.Contains(before, test.says) {
			t.Errorf("%+v: the page begins with %q; want that it was cut, and %q", test.end, before, test.says)
		}
		var text strings.Builder
		if err := WriteStudyMarkdown(&text, s, panels[:1]); err != nil {
			t.Fatal(err)
		}
		before, _, _ = strings.Cut(text.String(), "## ")
		if !strings.Contains(before, "**Not everything was measured:** ") || !strings.Contains(before, plain(test.says)) {
			t.Errorf("%+v: the text begins with %q", test.end, before)
		}
	}
	// One that was killed at once has nothing at all.
	words, _ := elements(t, writeStudy(t, &study.Study{Header: study.Header{Title: "alone"}}, nil))
	if !strings.Contains(words, "killed") {
		t.Error("the page of a header alone does not say that it was killed")
	}
}

func TestWriteStudyMarkdown(t *testing.T) {
	s, panels := sampleStudy()
	var text strings.Builder
	if err := WriteStudyMarkdown(&text, s, panels); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"# What do further nodes cost, and a&lt;b>", "    loadgen experiment nodes --full ", "## Throughput by clients\n\nraftkv, 1 node answered most", "| clients | raftkv, 1 node ",
		"| 256     | ", "| 0.25 (0.23 to 0.27)", "- 16.25 first correct read, of a&lt;b>", "## 2 measurements failed\n\n- etcd, 5 nodes, clients 256", "## Machine", "| time of a sync", "| etcd    | 3.6.5  |",
	} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("it does not have %q:\n%s", line, &text)
		}
	}
	if strings.Contains(text.String(), "Not everything") || strings.Contains(text.String(), "<script") {
		t.Errorf("it says that the study was cut, or has an element:\n%s", &text)
	}
	if err := WriteStudyMarkdown(broken{}, s, panels); !errors.Is(err, errBroken) {
		t.Errorf("%v; want the writer's error", err)
	}
	if err := WriteStudy(broken{}, s, panels); !errors.Is(err, errBroken) {
		t.Errorf("%v; want the writer's error", err)
	}
}

func TestWriteStudyText(t *testing.T) {
	s, panels := sampleStudy()
	s.End = &study.End{Cut: "interrupted\x1b[2J"}
	var text strings.Builder
	if err := WriteStudyText(&text, s, panels); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"What do further nodes cost", "\n\nNot everything was measured: interrupted [2J.\n", "\nThroughput by clients\nraftkv, 1 node answered most", "\n  clients  ", "\n  256 ",
		"\n  16.25 first correct read, of " + hostile, "\n2 measurements failed:\n  etcd, 5 nodes, clients 256",
	} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("it does not have %q:\n%s", line, &text)
		}
	}
	if err := WriteStudyText(broken{}, s, panels); !errors.Is(err, errBroken) {
		t.Errorf("%v; want the writer's error", err)
	}
}

func TestShellWords(t *testing.T) {
	if got, want := shellWords([]string{"loadgen", "--bin=./b", "", "a b", "it's", "$x"}), `loadgen --bin=./b '' 'a b' 'it'\''s' '$x'`; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// TestFolded: a terminal has long cells in several rows, with nothing lost.
func TestFolded(t *testing.T) {
	words := "failed: the server ended before it had answered the first of the calls"
	got := folded(table.Table{Head: []string{"clients", "calls/s", "p50 ms"}, Rows: [][]string{{"1", words, "3"}, {"2", "20", longWord}}, Left: 1})
	if len(got.Rows) != 3 || got.Rows[0][1]+" "+got.Rows[1][1] != words || got.Rows[1][0] != "" || got.Rows[0][2] != "3" || got.Rows[1][2] != "" || got.Rows[2][2] != longWord {
		t.Errorf("%q; want the words of the first row in two", got.Rows)
	}
}

// TestValues: bars say how high they are, but not if one has no room for that.
func TestValues(t *testing.T) {
	p := study.Plot{Kind: study.Bars, Categories: []string{"a", "b"}, Lines: []study.Line{{Points: []study.Point{{X: 0, Y: 14313}, {X: 1, Y: 5177}}}}}
	svg, err := drawPlot(p, nil).svg("")
	if err != nil || !strings.Contains(svg, ">14\u202f300<") || !strings.Contains(svg, ">5\u202f180<") {
		t.Errorf("%v; the bars do not say how high they are:\n%s", err, svg)
	}
	p.Categories = slices.Repeat(p.Categories, 20)
	if svg, err := drawPlot(p, nil).svg(""); err != nil || strings.Contains(svg, "14\u202f300") {
		t.Errorf("%v; bars without room say how high they are:\n%s", err, svg)
	}
}

// TestDrawPlot_text: text that looks like what is replaced in drawings is shown as it is.
func TestDrawPlot_text(t *testing.T) {
	for _, word := range []string{"#F0F001", "#F0F0FF", "font-family:a;font-variant:b;font-weight:c;font-style:d"} {
		p := study.Plot{Lines: []study.Line{{Points: []study.Point{{X: 1, Y: 1}}}}, Categories: []string{"a", "b"}, Events: []study.Event{{X: 0, Text: word}}}
		c := drawPlot(p, nil)
		c.label(1, 1, word, ink)
		svg, err := c.svg("$1 " + word)
		if err != nil || !strings.Contains(svg, ">"+word+"</text>") || !strings.Contains(svg, `aria-label="$1 `+word+`"`) {
			t.Errorf("%v; %s is not shown:\n%s", err, word, svg)
		}
	}
}
