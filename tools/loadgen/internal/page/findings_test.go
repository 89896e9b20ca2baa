package page

import (
	"errors"
	"strings"
	"testing"
)

func TestWriteFindings(t *testing.T) {
	const hostile = `a<b>"&'</title><script>alert(1)</script>`
	var text strings.Builder
	err := WriteFindings(&text, "NOT kept: "+hostile, []Promise{
		{Name: "monotonic reads", Text: "A session reads on.", Tested: 12, Broken: 1, Timelines: []Timeline{
			{Title: "backwards " + hostile, Bars: []Bar{
				{Who: "session 1", What: "Get " + hostile, Start: 1e9, End: 2e9},
				{Who: "session 2", What: "Put", Start: 2e9, End: 2e9},
				{Who: "session 1", What: "Get", Start: 3e9, End: 5e9},
			}},
		}},
		{Name: "monotonic writes", Text: "A session writes on.", Tested: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	words, count := elements(t, text.String())
	for _, says := range []string{"NOT kept: " + hostile, "monotonic reads: backwards " + hostile, "session 1: Get " + hostile, "1.000000 s to 2.000000 s", "A session writes on."} {
		if !strings.Contains(words, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	if count["rect"] != 3 || count["svg"] != 1 || count["script"] != 0 || count["tr"] != 3 {
		t.Errorf("the page has %v; want 3 bars in 1 drawing, and 2 promises in a table", count)
	}
}

// TestTimeline: bars lie as in time, within the drawing, and those of one session have one colour.
func TestTimeline(t *testing.T) {
	bars := Timeline{Bars: []Bar{{Who: "a", Start: 100, End: 200}, {Who: "b", Start: 200, End: 200}, {Who: "a", Start: 400, End: 500}}}.Drawn()
	if a, b, c := bars[0], bars[1], bars[2]; a.X != 0 || a.X+a.Width > b.X+1 || b.Width != leastBar || b.X+b.Width > c.X || c.X+c.Width > timelineWidth+0.001 {
		t.Errorf("the bars are %+v", bars)
	}
	if bars[0].Hue != bars[2].Hue || bars[0].Hue == bars[1].Hue {
		t.Errorf("the colours are %d, %d, %d; want one for each session", bars[0].Hue, bars[1].Hue, bars[2].Hue)
	}
	single := Timeline{Bars: []Bar{{Start: 7, End: 7}}}.Drawn()
	if single[0].X != 0 || single[0].Width != leastBar {
		t.Errorf("a bar alone is %+v", single[0])
	}
}

// TestWriteFindings_unwritten: an error of the writer is told.
func TestWriteFindings_unwritten(t *testing.T) {
	if err := WriteFindings(broken{}, "", nil); !errors.Is(err, errBroken) {
		t.Errorf("%v; want the writer's error", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
