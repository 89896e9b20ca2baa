package report

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// testRun is 102 calls of two workers: 1 SetNum, 99 Facts that took 1 to 99 ms, 2 failures.
func testRun() Run {
	first, second := NewTally(), NewTally()
	first.SetNums = 1
	first.Took(2 * time.Hour) // beyond what is told apart
	for i := 1; i <= 99; i++ {
		second.CountFact(i <= 40, i > 80)
		second.Took(time.Duration(i) * time.Millisecond)
	}
	first.CountFailure(status.Error(codes.Unavailable, "gone"))
	second.CountFailure(status.Error(codes.Unavailable, "gone too"))
	first.Add(second)
	return New("localhost:1", 2, 4*time.Second, first)
}

const testText = `  requests                  102
  SetNum                    1 answered
  Fact                      99 answered
  missing keys              19 of 99 Facts
  errors                    2
  cache hit rate            40.4 % (40 hits of 99 answered Facts)
  cache hit rate, overall   39.2 % (40 hits of 102 requests)
  response time p50         50.004 ms
  response time p99         99.025 ms
  response time max         60028.879 ms
  throughput                25 requests/s
`

func TestRun_text(t *testing.T) {
	var text, errors strings.Builder
	testRun().WriteText(&text)
	if text.String() != testText {
		t.Errorf("printed\n%s\nwant\n%s", text.String(), testText)
	}
	testRun().WriteErrors(&errors)
	if want := "loadgen: 2 x UNAVAILABLE, such as: gone\n"; errors.String() != want {
		t.Errorf("printed %q; want %q", errors.String(), want)
	}
}

func TestRun_json(t *testing.T) {
	var text strings.Builder
	if err := testRun().WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"requests":102`, `"missing_keys":19`, `"cache_hits_per_answered_fact":0.40404`, `"requests_per_second":25`,
		`"errors":{"UNAVAILABLE":{"count":2,"example":"gone"}}`,
	} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("%s lacks %s", text.String(), part)
		}
	}
}

// TestRun_nothing: a run in which nothing was answered divides by nothing.
func TestRun_nothing(t *testing.T) {
	var text strings.Builder
	New("localhost:1", 1, time.Second, NewTally()).WriteText(&text)
	if strings.Contains(text.String(), "NaN") || !strings.Contains(text.String(), "0.0 % (0 hits of 0 answered Facts)") {
		t.Errorf("printed\n%s", text.String())
	}
}
