package page

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"numstore.example/tools/internal/result"
)

// testRun is a run of three steps, of which the last got no answer.
func testRun(label string) *result.Run {
	run := &result.Run{Header: result.Header{
		Label: label, Service: "numstore", Target: "localhost:1", Started: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC),
		Parameters: map[string]string{"keys": "100", "mix": "<set>"},
	}}
	for number, clients := range []int{1, 16, 32} {
		counts := func() result.Counts {
			c := result.Counts{Latency: result.NewHistogram(), Calls: map[string]int64{}}
			for i := range 1000 * (2 - number) {
				c.Latency.Record(time.Duration(clients*i) * time.Microsecond)
				c.Calls["Fact"]++
			}
			return c
		}
		step := result.Step{Number: number, Clients: clients, Seconds: 2, Counts: counts(), Intervals: []result.Interval{
			{Step: number, Start: 0, Seconds: 1, Counts: counts()}, {Step: number, Start: 1, Seconds: 1, Counts: counts()},
		}}
		step.Throughput = float64(step.Answered()) / 2
		run.Steps = append(run.Steps, step)
	}
	last := &run.Steps[2]
	last.Errors, last.Examples = map[string]int64{"UNAVAILABLE": 3}, map[string]string{"UNAVAILABLE": "gone & <lost>"}
	return run
}

func write(t *testing.T, runs ...*result.Run) string {
	t.Helper()
	var text strings.Builder
	if err := Write(&text, runs); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// elements reads a page as strictly as XML is read, and returns its text and how often each element is
// there.
func elements(t *testing.T, text string) (words string, count map[string]int) {
	t.Helper()
	count = make(map[string]int)
	var all strings.Builder
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all.String(), count
		} else if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			count[token.Name.Local]++
		case xml.CharData:
			all.Write(token)
		}
	}
}

// checkAlone complains about what a page would have to fetch, and about what drawing has left that belongs to no page. The only addresses are names of
// XML's vocabularies.
func checkAlone(t *testing.T, text string) {
	t.Helper()
	rest := strings.NewReplacer(`"http://www.w3.org/1999/xhtml"`, "", `"http://www.w3.org/2000/svg"`, "").Replace(text)
	for _, never := range []string{"http", "url(", "@import", "#F0F0", "Liberation", "NaN", "Inf", lengthMark} {
		if strings.Contains(rest, never) {
			t.Errorf("the page has %q", never)
		}
	}
}

func TestWrite(t *testing.T) {
	other := testRun("other")
	other.Header.Parameters["seed"] = "7<seed>" // a setting that not all have
	for _, test := range []struct {
		runs  []*result.Run
		paths string // a colour that must be drawn with
		says  []string
	}{
		{[]*result.Run{testRun(hostile)}, "stroke:var(--s0)", []string{hostile, "32 clients: 3 x UNAVAILABLE, such as: gone & <lost>", "16 clients"}},
		{[]*result.Run{testRun(hostile), other}, "stroke:var(--s1)", []string{"2 runs", hostile, "other", "other, 32 clients: 3 x", "7<seed>"}},
	} {
		text := write(t, test.runs...)
		words, count := elements(t, text)
		for _, say := range append(test.says, "Latency against throughput", "p99 ms", "21 November 2026", "99.99", "<set>", "prefers-color-scheme: dark") {
			if !strings.Contains(words, say) {
				t.Errorf("of %d runs: the page does not say %q", len(test.runs), say)
			}
		}
		if count["svg"] != 4 || count["script"] != 0 || count["link"] != 0 || count["img"] != 0 || count["table"] != len(test.runs) || count["path"] < 20 {
			t.Errorf("of %d runs: the page has the elements %v", len(test.runs), count)
		}
		checkAlone(t, text)
		if !strings.Contains(text, test.paths) {
			t.Errorf("of %d runs: the plots lack %s", len(test.runs), test.paths)
		}
	}
}

// TestSettings: what all runs share is said once, and only what differs in a row for each.
func TestSettings(t *testing.T) {
	runs := []*result.Run{testRun("a"), testRun("b"), testRun("c")}
	runs[1].Header.Parameters["keys"] = "7"
	delete(runs[2].Header.Parameters, "keys")
	got := settingsOf(runs)
	if want := [][]string{{"a", "100"}, {"b", "7"}, {"c", ""}}; !slices.Equal(got.Own.Head, []string{"series", "keys"}) || !slices.EqualFunc(got.Own.Rows, want, slices.Equal) {
		t.Errorf("of each: %v %v; want the keys of each, %v", got.Own.Head, got.Own.Rows, want)
	}
	if want := [][2]string{{"service", "numstore"}, {"target", "localhost:1"}, {"started", "2026-11-21 08:00:00 UTC"}, {"mix", "<set>"}}; !slices.Equal(got.Shared, want) {
		t.Errorf("of all: %v; want %v", got.Shared, want)
	}
	if alone := settingsOf(runs[:1]); len(alone.Own.Rows) != 0 || len(alone.Shared) != 5 {
		t.Errorf("of one run: %+v; want that all is shared", alone)
	}
}

// TestGist: the series that answered most is named, with figures of its best step.
func TestGist(t *testing.T) {
	few, many := testRun("few"), testRun("many")
	few.Steps = few.Steps[1:]
	if got, want := gist([]*result.Run{few, many}), "many answered the most calls: 1\u202f000 a second with 1 client, half of them within 0.999 ms, 99 % within 1.979 ms."; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	few.Steps = few.Steps[1:] // nothing was answered
	if got := gist([]*result.Run{few}); got != "" {
		t.Errorf("%q of a run without an answer", got)
	}
}

func TestWriteMarkdown(t *testing.T) {
	other := testRun("other")
	other.Header.Parameters["keys"] = "7"
	var text strings.Builder
	if err := WriteMarkdown(&text, []*result.Run{testRun("a|b<i>"), other}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"# 2 runs", `| a\|b&lt;i> | 1 client   | 1000 `, "- other, 32 clients: 3 x UNAVAILABLE, such as: gone & &lt;lost>", "## Settings",
		"| series     | keys |", "| other      | 7    |", "| mix     | &lt;set>                |",
	} {
		if !strings.Contains(text.String(), "\n"+line) && !strings.HasPrefix(text.String(), line) {
			t.Errorf("it has no line that begins with %q:\n%s", line, &text)
		}
	}
	if err := WriteMarkdown(broken{}, []*result.Run{other}); !errors.Is(err, errBroken) {
		t.Errorf("%v; want the writer's error", err)
	}
}

// TestWrite_nothing has runs in which nothing was answered, or nothing was done.
func TestWrite_nothing(t *testing.T) {
	silent := testRun("silent")
	silent.Steps = silent.Steps[2:]
	silent.Steps[0].Intervals = nil
	for _, run := range []*result.Run{silent, {Header: result.Header{Label: "none"}}} {
		words, count := elements(t, write(t, run))
		if count["svg"] != 0 || strings.Count(words, "Nothing to draw") != 4 {
			t.Errorf("%s: %d plots", run.Header.Label, count["svg"])
		}
	}
	// Seconds without an answer are drawn as a throughput of 0.
	silent.Steps[0].Intervals = testRun("").Steps[2].Intervals
	if _, count := elements(t, write(t, silent)); count["svg"] != 1 {
		t.Errorf("%d plots; want that of the throughput", count["svg"])
	}
}

// TestWrite_extremes has latencies of nothing and of an hour, one step, and more series than colours.
func TestWrite_extremes(t *testing.T) {
	var runs []*result.Run
	for i := range hues + 1 {
		run := testRun("")
		run.Steps = run.Steps[:1]
		run.Steps[0].Latency.Record(time.Duration(i) * time.Hour)
		runs = append(runs, run)
	}
	if text := write(t, runs...); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("the page has what is no number")
	}
}

func TestAxes(t *testing.T) {
	words := func(low, high float64, of func(low, high float64) (labels []string)) string {
		return strings.Join(of(low, high), " | ")
	}
	round := func(low, high float64) (labels []string) {
		for _, tick := range roundTicks(low, high) {
			labels = append(labels, tick.Label)
		}
		return labels
	}
	log := func(low, high float64) (labels []string) {
		for _, tick := range logTicks(low, high) {
			labels = append(labels, tick.Label)
		}
		return labels
	}
	for _, test := range []struct{ got, want string }{
		{words(0, 71000, round), "0 | 10\u202f000 | 20\u202f000 | 30\u202f000 | 40\u202f000 | 50\u202f000 | 60\u202f000 | 70\u202f000"},
		{words(0, 1.06, round), "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1"},
		{words(0, 2_500_000, round), "0 | 500\u202f000 | 1\u202f000\u202f000 | 1\u202f500\u202f000 | 2\u202f000\u202f000 | 2\u202f500\u202f000"},
		{words(0.05, 5, log), "0.05 | 0.1 | 0.2 | 0.5 | 1 | 2 | 5"},
		{words(0.001, 100_000, log), "0.001 | 0.01 | 0.1 | 1 | 10 | 100 | 1\u202f000 | 10\u202f000 | 100\u202f000"},
	} {
		if test.got != test.want {
			t.Errorf("the axis says %s; want %s", test.got, test.want)
		}
	}
	for _, test := range []struct{ value, down, up float64 }{{0.07, 0.05, 0.1}, {3, 2, 5}, {7, 5, 10}, {10, 10, 10}, {0.0011, 0.001, 0.002}} {
		down, up := decade(test.value, false), decade(test.value, true)
		if math.Abs(down-test.down) > 1e-9 || math.Abs(up-test.up) > 1e-9 {
			t.Errorf("%v is between %v and %v; want %v and %v", test.value, down, up, test.down, test.up)
		}
	}
	for _, percentile := range []float64{50, 90, 99.99} {
		if got := percent(nines(percentile)); math.Abs(got-percentile) > 1e-9 {
			t.Errorf("%v lies where %v is", percentile, got)
		}
	}
}

func TestSpread(t *testing.T) {
	if got, want := spread([]float64{5, 1, 1.5, 1}, 1), []float64{5, 1, 3, 2}; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
}

// TestBest: a step that did not keep its schedule is chosen only if none did.
func TestBest(t *testing.T) {
	slow, fast, capped := result.Step{Throughput: 1}, result.Step{Throughput: 2}, result.Step{Throughput: 3, Capped: true}
	for _, test := range []struct {
		steps []result.Step
		want  float64
	}{
		{[]result.Step{slow, fast, capped}, 2},
		{[]result.Step{capped, fast, slow}, 2},
		{[]result.Step{capped}, 3},
	} {
		if got := best(test.steps); len(got) != 1 || got[0].Throughput != test.want {
			t.Errorf("of %+v: %+v; want that with %v", test.steps, got, test.want)
		}
	}
	if got := best(nil); got != nil {
		t.Errorf("of none: %+v", got)
	}
}

func TestThousands(t *testing.T) {
	for value, want := range map[float64]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567", 0.05: "0.05"} {
		if got := thousands(value); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

// writeRuns is the page of as many runs as there are labels, each slower than the one before.
func writeRuns(t *testing.T, labels []string) string {
	var runs []*result.Run
	for i, label := range labels {
		run := testRun(label)
		run.Header.Parameters["keys"] = strconv.Itoa(100 * (i + 1))
		for place := range run.Steps {
			step := &run.Steps[place]
			step.Throughput /= math.Pow(1.3, float64(i))
			slow := result.NewHistogram()
			for _, bar := range step.Latency.Distribution() {
				slow.RecordValues(bar.To*int64(i+1), bar.Count)
			}
			step.Latency = slow
		}
		runs = append(runs, run)
	}
	return write(t, runs...)
}
