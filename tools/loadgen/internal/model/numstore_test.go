package model

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// operations reads a history: "start end call key value=answer" a line, where what is in capitals is a
// failure.
func operations(t *testing.T, text string) (list []history.Operation) {
	t.Helper()
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		start, _ := strconv.ParseInt(fields[0], 10, 64)
		end, _ := strconv.ParseInt(fields[1], 10, 64)
		asked, answered, _ := strings.Cut(fields[4], "=")
		o := history.Operation{Client: len(list), Call: fields[2], Key: fields[3], Value: asked, Start: start, End: end}
		if strings.ToUpper(answered) == answered && strings.ContainsAny(answered, "AEIOU") {
			o.Failure = answered
		} else {
			o.Answer = answered
		}
		list = append(list, o)
	}
	return list
}

func TestNumstore(t *testing.T) {
	for name, test := range map[string]struct {
		history string
		want    porcupine.CheckResult
	}{
		"the manual sequence": {`
			0 1 SetNum a 1=1
			2 3 SetNum b 10=11
			4 5 SetNum a 5=15
			6 7 SetNum b 0=5
			8 9 Fact a =120`, porcupine.Ok},
		"the cache does not matter": {`
			0 1 SetNum a 5=5
			2 3 Fact a =120
			4 5 Fact a =120`, porcupine.Ok},
		"concurrent updates in the other order": {`
			0 9 SetNum a 1=11
			1 8 SetNum b 10=10`, porcupine.Ok},
		"a missing key, a negative one, one above 20": {`
			0 1 Fact a =error
			2 3 SetNum a -1=-1
			4 5 Fact a =error
			6 7 SetNum a 21=21
			8 9 Fact a =error
			10 11 SetNum a 20=20
			12 13 Fact a =2432902008176640000`, porcupine.Ok},
		"a stale read": {`
			0 1 SetNum a 3=3
			2 3 SetNum a 4=4
			4 5 Fact a =6`, porcupine.Illegal},
		"an old value is allowed as long as its successor is under way": {`
			0 1 SetNum a 3=3
			2 6 SetNum a 4=4
			3 4 Fact a =6
			5 6 Fact a =24`, porcupine.Ok},
		"a value that comes and goes": {`
			0 1 SetNum a 3=3
			2 9 SetNum a 4=4
			3 4 Fact a =24
			5 6 Fact a =6`, porcupine.Illegal},
		"a key that was set is missing": {`
			0 1 SetNum a 3=3
			2 3 Fact a =error`, porcupine.Illegal},
		"a factorial of nothing": {`
			0 1 Fact a =1`, porcupine.Illegal},
		"a total that skips an update": {`
			0 1 SetNum a 1=1
			2 3 SetNum b 2=3
			4 5 SetNum c 4=5`, porcupine.Illegal},
		"a total that counts the old value of a key": {`
			0 1 SetNum a 1=1
			2 3 SetNum a 2=3`, porcupine.Illegal},
		"two updates that read one total, outside of the lock": {`
			0 9 SetNum a 1=1
			1 8 SetNum b 2=2`, porcupine.Illegal},
		"two updates that both saw each other": {`
			0 9 SetNum a 1=3
			1 8 SetNum b 2=3`, porcupine.Illegal},
		"a total that does not fit changes nothing": {`
			0 1 SetNum a 9223372036854775807=9223372036854775807
			2 3 SetNum b 1=OUT_OF_RANGE
			4 5 Fact b =error
			6 7 SetNum a 0=0`, porcupine.Ok},
		"a total that fits is not refused": {`
			0 1 SetNum a 9223372036854775806=9223372036854775806
			2 3 SetNum b 1=OUT_OF_RANGE`, porcupine.Illegal},
		"a total that wraps around": {`
			0 1 SetNum a 9223372036854775807=9223372036854775807
			2 3 SetNum b 1=-9223372036854775808`, porcupine.Illegal},
		"an unknown outcome: it happened, late": {`
			0 1 SetNum a 3=DEADLINE_EXCEEDED
			2 3 Fact a =error
			4 5 Fact a =6`, porcupine.Ok},
		"an unknown outcome: it never happened": {`
			0 1 SetNum a 3=UNAVAILABLE
			2 3 Fact a =error
			4 5 SetNum b 4=4`, porcupine.Ok},
		"an unknown outcome cannot be taken back": {`
			0 1 SetNum a 3=CANCELLED
			2 3 Fact a =6
			4 5 Fact a =error`, porcupine.Illegal},
		"an unknown outcome has no effect before its start": {`
			0 1 Fact a =6
			2 3 SetNum a 3=INTERNAL`, porcupine.Illegal},
		"an unknown outcome explains one total, not another": {`
			0 1 SetNum a 3=UNAVAILABLE
			2 3 SetNum b 4=8`, porcupine.Illegal},
		"a failed read says nothing": {`
			0 1 SetNum a 3=3
			2 3 Fact a =UNAVAILABLE
			4 5 Fact a =6`, porcupine.Ok},
		"a refused call has no effect": {`
			0 1 SetNum a 3=RESOURCE_EXHAUSTED
			2 3 Fact a =6`, porcupine.Illegal},
	} {
		problem, err := Numstore(operations(t, test.history))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := porcupine.CheckOperationsTimeout(problem.Model, problem.Operations, time.Minute); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

func TestNumstore_counts(t *testing.T) {
	problem, err := Numstore(operations(t, `
		0 1 SetNum a 3=UNAVAILABLE
		2 3 SetNum a 3=RESOURCE_EXHAUSTED
		4 5 Fact a =UNAVAILABLE
		6 7 Fact a =error
		8 9 SetNum a 1=OUT_OF_RANGE`))
	if err != nil || len(problem.Operations) != 3 || problem.Reads != 1 || problem.Unknown != 1 || problem.Dropped != 2 {
		t.Errorf("%+v, %v; want 3 operations, 1 of which reads, 1 of unknown outcome, and 2 dropped", problem, err)
	}
}

func TestNumstore_complaints(t *testing.T) {
	for says, line := range map[string]string{
		`line 1: the call is "Get"; numstore has SetNum and Fact`:              "0 1 Get a =1",
		`line 1: the value is ""; it must be an int64`:                         "0 1 SetNum a =1",
		`line 1: the answer is "x"; it must be an int64, or error for a Fact`:  "0 1 Fact a =x",
		`line 1: the answer is "error"; it must be an int64, or error for a F`: "0 1 SetNum a 1=error",
	} {
		if _, err := Numstore(operations(t, line)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want an error that says %s", line, err, says)
		}
	}
}

func TestNumstore_words(t *testing.T) {
	problem, err := Numstore(operations(t, `
		0 1 SetNum b 3=3
		2 3 SetNum a 4=7
		4 5 Fact b =6
		6 7 SetNum a 9=UNAVAILABLE`))
	if err != nil {
		t.Fatal(err)
	}
	state := problem.Model.Init()
	var words []string
	for _, o := range problem.Operations {
		ok, next := problem.Model.Step(state, o.Input, o.Output)
		if !ok || problem.Model.Equal(state, next) != (state == next) || problem.Model.Equal(state, next) && problem.Model.Hash(state) != problem.Model.Hash(next) {
			t.Errorf("%v is not right in %v, which becomes %v", o.Input, state, next)
		}
		state = next
		words = append(words, problem.Model.DescribeOperation(o.Input, o.Output))
	}
	words = append(words, problem.Model.DescribeState(state))
	want := "SetNum(b, 3) = 3; SetNum(a, 4) = 7; Fact(b) = 6; SetNum(a, 9) = ?; total 12: a=9 b=3"
	if got := strings.Join(words, "; "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestReplace compares with exact arithmetic, near the ends of int64 above all.
func TestReplace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	near := func() int64 {
		return []int64{math.MinInt64, -1, 0, math.MaxInt64 - 2, random.Int64()}[random.IntN(5)] + random.Int64N(3)
	}
	for range 100_000 {
		total, old, value := near(), near(), near()
		exact := new(big.Int).Add(new(big.Int).Sub(big.NewInt(total), big.NewInt(old)), big.NewInt(value))
		got, fits := replace(total, old, value)
		if fits != exact.IsInt64() || fits && got != exact.Int64() {
			t.Fatalf("%d - %d + %d = %d, %v; want %v", total, old, value, got, fits, exact)
		}
	}
}
