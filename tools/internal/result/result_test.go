package result

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

// testRun is two steps, the second of which was cut short.
func testRun() *Run {
	counts := func(sets int64, latency ...time.Duration) Counts {
		h := NewHistogram()
		for _, l := range latency {
			h.Record(l)
		}
		return Counts{
			Calls:   map[string]int64{"SetNum": sets, "Fact": 4},
			Marks:   map[string]int64{"hit": 1},
			Errors:  map[string]int64{"UNAVAILABLE": 2, "DEADLINE_EXCEEDED": 1},
			Latency: h,
		}
	}
	started := time.Date(2026, 11, 21, 8, 0, 0, 5000, time.UTC)
	return &Run{
		Header: Header{Format: Format, Label: `<b>"two" & more`, Service: "numstore", Target: "localhost:1", Started: started, Parameters: map[string]string{"keys": "100"}},
		Steps: []Step{
			{
				Number: 0, Clients: 8, Started: started, Stopped: started.Add(time.Second), Seconds: 1.5, Throughput: 6,
				MaxInFlight: 8, Examples: map[string]string{"UNAVAILABLE": "gone\nfor good"}, Counts: counts(5, time.Millisecond, 2*time.Hour),
				Intervals: []Interval{
					{Step: 0, Start: 0, Seconds: 1, Counts: counts(2, time.Second)},
					{Step: 0, Start: 1, Seconds: 0.5, Counts: counts(3)},
				},
			},
			{Number: 1, Rate: 1000, Capped: true, Unsent: 7, MaxDelay: 12.5, CutShort: "interrupted", Counts: counts(1)},
		},
	}
}

func TestRun_roundTrip(t *testing.T) {
	var file bytes.Buffer
	if err := testRun().Write(&file); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(file.String(), "\n"); lines != 5 {
		t.Errorf("%d lines; want a header, two intervals and two steps", lines)
	}
	got, err := Read(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := got.Write(&again); err != nil || again.String() != file.String() {
		t.Errorf("read and written again (%v)\n%s\nfrom\n%s", err, again.String(), file.String())
	}
	if want := testRun(); !reflect.DeepEqual(got.Header, want.Header) || len(got.Steps) != 2 || len(got.Steps[0].Intervals) != 2 {
		t.Errorf("read %+v; want %+v", got, want)
	}
	latency := got.Steps[0].Latency
	if latency.TotalCount() != 2 || int(latency.Milliseconds(50)) != 1 || latency.Milliseconds(100) < 3.59e6 {
		t.Errorf("the latencies are %v", latency.Distribution())
	}
}

func TestCounts(t *testing.T) {
	step := testRun().Steps[0]
	if step.Answered() != 9 || step.Failed() != 3 || step.Intervals[1].Throughput() != 14 {
		t.Errorf("answered %d, failed %d, throughput %v; want 9, 3, 14", step.Answered(), step.Failed(), step.Intervals[1].Throughput())
	}
	if share, there := step.Share("hit", "Fact"); share != 0.25 || !there {
		t.Errorf("a share of %v, %v; want 0.25", share, there)
	}
	for _, names := range [][2]string{{"hit", "Get"}, {"miss", "Fact"}} {
		if share, there := step.Share(names[0], names[1]); there {
			t.Errorf("%v: a share of %v; want none", names, share)
		}
	}
	if (Interval{}).Throughput() != 0 {
		t.Error("no time: some throughput")
	}
}

func TestRead_killed(t *testing.T) {
	var file bytes.Buffer
	testRun().Write(&file)
	lines := strings.SplitAfter(file.String(), "\n")
	run, err := Read(strings.NewReader(lines[0] + lines[1]))
	if err != nil || len(run.Steps) != 0 {
		t.Errorf("%+v, %v; want a header alone", run, err)
	}
	whole, steps := len(lines[0]), 0 // the header must be whole
	for cut := whole - 1; cut <= file.Len(); cut++ {
		run, err := Read(strings.NewReader(file.String()[:cut]))
		if err != nil || len(run.Steps) < steps {
			t.Fatalf("cut behind %d bytes: %+v, %v; want at least %d steps", cut, run, err, steps)
		}
		steps = len(run.Steps)
	}
	if want := len(testRun().Steps); steps != want {
		t.Errorf("the whole file has %d steps; want %d", steps, want)
	}
}

func TestRead_complaints(t *testing.T) {
	var file bytes.Buffer
	testRun().Write(&file)
	lines := strings.SplitAfter(file.String(), "\n")
	histogram := strings.SplitAfter(lines[3], `"latency":"`)
	for _, test := range []struct{ text, says string }{
		{"\n", "line 1: "},
		{"no JSON\n", "line 1: "},
		{lines[1], "line 1: it must be a header of the format loadgen-result/1"},
		{`{"header":{"format":"loadgen-result/2"}}`, "loadgen-result/1"},
		{lines[0] + lines[0], "line 2: it must be an interval of step 0"},
		{lines[0] + lines[4], "line 2: it must be an interval of step 0"},
		{lines[0] + "{}", "line 2: it must be an interval of step 0"},
		{lines[0] + `{"step":{"step":0}}`, "with its latency"},
		{lines[0] + histogram[0] + `!"}}`, "line 2: the histogram cannot be read"},
	} {
		if run, err := Read(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%.80q: %+v, %v; want an error that says %s", test.text, run, err, test.says)
		}
	}
}

// FuzzRead: whatever is read can be written, and is then read as the same.
func FuzzRead(f *testing.F) {
	var file bytes.Buffer
	testRun().Write(&file)
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := run.Write(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("%v, of what was written:\n%s", err, first.String())
		}
		if err := again.Write(&second); err != nil || first.String() != second.String() {
			t.Errorf("%v, written\n%s\nand then\n%s", err, first.String(), second.String())
		}
	})
}
