package history

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	operations := []Operation{
		{Client: 1, Call: "Fact", Key: "", Answer: "120", Start: 30, End: 30},
		{Client: 0, Call: "SetNum", Key: "a \"b\"\n", Value: "-5", Answer: "7", Start: 10, End: 20},
		{Client: 3, Call: "Get", Server: "localhost:1", Key: "c", Seen: "7@1#00", Answer: "unmet", Start: 40, End: 41},
		{Client: 2, Call: "SetNum", Key: "b", Value: "1", Failure: "UNAVAILABLE", Start: 10, End: 90},
	}
	var file bytes.Buffer
	if err := Write(&file, slices.Clone(operations)); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&file)
	if want := []Operation{operations[1], operations[3], operations[0], operations[2]}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read %+v, %v; want %+v", got, err, want)
	}
}

func TestRead_complaints(t *testing.T) {
	good := `{"client":0,"call":"Fact","key":"a","answer":"1","start":1,"end":2}` + "\n"
	for text, says := range map[string]string{
		"":              "it is empty",
		good + "{\n":    "line 2: ",
		good + "{}\n":   "line 2: there is no call",
		good + "\n\n":   "line 2: ",
		`{"client":-1}`: "client is -1",
		`{"call":"Fact","answer":"1","start":2,"end":1}`:                    "it starts at 2 and ends at 1",
		`{"call":"Fact","answer":"1","start":-1,"end":1}`:                   "nor the start negative",
		`{"call":"Fact","start":1,"end":2}`:                                 "an answer or a failure",
		`{"call":"Fact","answer":"1","failure":"X","start":1,"end":2}`:      "not both",
		`{"call":"Fact","key":"` + strings.Repeat("x", 1<<20) + `"}`:        "after line 0",
		`{"call":"Fact","answer":"1","start":1,"end":99999999999999999999}`: "line 1: ",
	} {
		if operations, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.80q: %v, %v; want an error that says %s", text, operations, err, says)
		}
	}
}

// FuzzRead: whatever is read can be written, and is then read as the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"client":3,"call":"SetNum","key":"k","value":"5","answer":"16","start":12,"end":15}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		operations, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var file bytes.Buffer
		Write(&file, operations)
		if again, err := Read(&file); err != nil || !slices.Equal(operations, again) {
			t.Errorf("%+v, written and read as %+v, %v", operations, again, err)
		}
	})
}
