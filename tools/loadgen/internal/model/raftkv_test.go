package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// kvOperations reads a history: "start end call key value = answer" a line, where a value of "-" is none,
// and what is in capitals is a failure.
func kvOperations(t *testing.T, text string) (list []history.Operation) {
	t.Helper()
	for line := range strings.Lines(text) {
		asked, answered, there := strings.Cut(strings.TrimSpace(line), " = ")
		if !there {
			continue
		}
		fields := strings.SplitN(asked, " ", 5)
		list = append(list, operations(t, strings.Join(fields[:4], " ")+" =x")...)
		o := &list[len(list)-1]
		o.Client, o.Value, o.Answer = len(list), strings.TrimPrefix(fields[4], "-"), answered
		if strings.ToUpper(answered) == answered && strings.Contains(answered, "E") {
			o.Answer, o.Failure = "", answered
		}
	}
	return list
}

func TestRaftKV(t *testing.T) {
	for name, test := range map[string]struct {
		history string
		want    porcupine.CheckResult
	}{
		"all calls in turn": {`
			0 1 Get a - = 0 none
			2 3 Put a x = 1 none
			4 5 Append a y = 4 "x"
			6 7 Get a - = 4 "xy"
			8 9 CompareAndSet a 4 "z" = 5 "xy"
			10 11 CompareAndSet a 4 "w" = refused
			12 13 Delete a - = 0 "z"
			14 15 Delete a - = 0 none
			16 17 CompareAndSet a 0 "v" = 9 none
			18 19 Get a - = 9 "v"`, porcupine.Ok},
		"keys do not concern each other": {`
			0 1 Put a x = 9 none
			2 3 Put b y = 2 none`, porcupine.Ok},
		"an empty value is a value": {`
			0 1 Put a - = 1 none
			2 3 Get a - = 0 none`, porcupine.Illegal},
		"a stale read": {`
			0 1 Put a x = 1 none
			2 3 Put a y = 2 "x"
			4 5 Get a - = 1 "x"`, porcupine.Illegal},
		"a stale read of the same value": {`
			0 1 Put a x = 1 none
			2 3 Put a x = 2 "x"
			4 5 Get a - = 1 "x"`, porcupine.Illegal},
		"an old value while its successor is under way": {`
			0 1 Put a x = 1 none
			2 6 Put a y = 2 "x"
			3 4 Get a - = 1 "x"
			5 6 Get a - = 2 "y"`, porcupine.Ok},
		"a value that comes and goes": {`
			0 1 Put a x = 1 none
			2 9 Put a y = 2 "x"
			3 4 Get a - = 2 "y"
			5 6 Get a - = 1 "x"`, porcupine.Illegal},
		"a lost append": {`
			0 1 Append a x = 1 none
			2 3 Append a y = 2 "x"
			4 5 Get a - = 2 "x"`, porcupine.Illegal},
		"two appends that both saw the same": {`
			0 9 Append a x = 1 none
			1 8 Append a y = 2 none`, porcupine.Illegal},
		"an append that is done twice": {`
			0 1 Append a x = 1 none
			2 3 Get a - = 2 "xx"`, porcupine.Illegal},
		"an append of unknown outcome that is done twice": {`
			0 1 Append a x = UNAVAILABLE
			2 3 Get a - = 2 "xx"`, porcupine.Illegal},
		"an append that a later one does not see": {`
			0 1 Append a x = 1 none
			2 3 Append a y = 2 none`, porcupine.Illegal},
		"a compare and set that ignores the version": {`
			0 1 Put a x = 1 none
			2 3 Put a y = 2 "x"
			4 5 CompareAndSet a 1 "z" = 3 "y"`, porcupine.Illegal},
		"a compare and set that ignores that the key exists": {`
			0 1 Put a x = 1 none
			2 3 CompareAndSet a 0 "z" = 3 "x"`, porcupine.Illegal},
		"a compare and set that is refused without a reason": {`
			0 1 Put a x = 1 none
			2 3 CompareAndSet a 1 "z" = refused`, porcupine.Illegal},
		"a refused compare and set changes nothing": {`
			0 1 Put a x = 2 none
			2 3 CompareAndSet a 1 "z" = refused
			4 5 Get a - = 3 "z"`, porcupine.Illegal},
		"two compare and sets of one version": {`
			0 1 Put a x = 1 none
			2 9 CompareAndSet a 1 "y" = 2 "x"
			3 8 CompareAndSet a 1 "z" = 3 "y"`, porcupine.Illegal},
		"a version that does not grow": {`
			0 1 Put a x = 5 none
			2 3 Put a y = 5 "x"`, porcupine.Illegal},
		"a version that falls when the key is made anew": {`
			0 1 Put a x = 5 none
			2 3 Delete a - = 0 "x"
			4 5 Put a y = 4 none`, porcupine.Illegal},
		"a version that changes by itself": {`
			0 1 Put a x = 5 none
			2 3 Get a - = 6 "x"`, porcupine.Illegal},
		"a delete that deletes nothing": {`
			0 1 Put a x = 1 none
			2 3 Delete a - = 0 "x"
			4 5 Get a - = 1 "x"`, porcupine.Illegal},
		"an unknown outcome: it happened, late": {`
			0 1 Put a x = DEADLINE_EXCEEDED
			2 3 Get a - = 0 none
			4 5 Get a - = 7 "x"
			6 7 Get a - = 7 "x"`, porcupine.Ok},
		"an unknown outcome: its version is what the first answer says": {`
			0 1 Put a x = DEADLINE_EXCEEDED
			4 5 Get a - = 7 "x"
			6 7 Get a - = 8 "x"`, porcupine.Illegal},
		"an unknown outcome: its version is greater than the last": {`
			0 1 Put a x = 7 none
			2 3 Put a y = DEADLINE_EXCEEDED
			4 5 Get a - = 7 "y"`, porcupine.Illegal},
		"an unknown outcome: it never happened": {`
			0 1 Put a x = UNAVAILABLE
			2 3 Get a - = 0 none
			4 5 Put a y = 1 none`, porcupine.Ok},
		"an unknown outcome cannot be taken back": {`
			0 1 Put a x = CANCELLED
			2 3 Get a - = 1 "x"
			4 5 Get a - = 0 none`, porcupine.Illegal},
		"an unknown outcome has no effect before its start": {`
			0 1 Get a - = 1 "x"
			2 3 Put a x = INTERNAL`, porcupine.Illegal},
		"an unknown compare and set: it met its version, which nobody has seen": {`
			0 1 Put a x = UNAVAILABLE
			2 3 CompareAndSet a 5 "y" = UNAVAILABLE
			4 5 Get a - = 6 "y"`, porcupine.Ok},
		"an unknown compare and set: it cannot have met its version": {`
			0 1 Put a x = 5 none
			2 3 CompareAndSet a 4 "y" = UNAVAILABLE
			4 5 Get a - = 6 "y"`, porcupine.Illegal},
		"a compare and set after an unknown outcome may go either way": {`
			0 1 Put a x = UNAVAILABLE
			2 3 Get b - = 0 none
			4 5 CompareAndSet a 3 "y" = refused
			6 7 CompareAndSet a 4 "z" = 5 "x"`, porcupine.Ok},
		"a repeated write may be what is unknown, so too much load is unknown too": {`
			0 1 Put a x = RESOURCE_EXHAUSTED
			2 3 Get a - = 1 "x"`, porcupine.Ok},
		"a failed read says nothing": {`
			0 1 Put a x = 1 none
			2 3 Get a - = UNAVAILABLE
			4 5 Get a - = 1 "x"`, porcupine.Ok},
		"a refused call has no effect": {`
			0 1 Append a x = OUT_OF_RANGE
			2 3 Get a - = 1 "x"`, porcupine.Illegal},
	} {
		problem, err := Raftkv(kvOperations(t, test.history))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := porcupine.CheckOperationsTimeout(problem.Model, problem.Operations, time.Minute); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

func TestRaftKV_counts(t *testing.T) {
	problem, err := Raftkv(kvOperations(t, `
		0 1 Put a x = UNAVAILABLE
		2 3 Append a x = OUT_OF_RANGE
		4 5 Get a - = UNAVAILABLE
		6 7 Get a - = 0 none
		8 9 CompareAndSet a 7 "y" = refused`))
	if err != nil || len(problem.Operations) != 3 || problem.Reads != 1 || problem.Unknown != 1 || problem.Dropped != 2 {
		t.Errorf("%+v, %v; want 3 operations, 1 of which reads, 1 of unknown outcome, and 2 dropped", problem, err)
	}
}

// TestRaftKV_unknown has so many writes of unknown outcome that a checker could not try all their orders,
// unless the values show which of them happened, and when.
func TestRaftKV_unknown(t *testing.T) {
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "%d %d Append a [0.%d] = UNAVAILABLE\n", i, i+1, i)
	}
	seen, lost := "500 501 Get a - = 9 \"[0.7][0.3]\"\n", "500 501 Get a - = 9 \"[0.3]\"\n"
	for name, test := range map[string]struct {
		history string
		want    porcupine.CheckResult
	}{
		"some happened":              {seen + "502 503 Get a - = 9 \"[0.7][0.3]\"", porcupine.Ok},
		"others happened later":      {seen + "502 503 Get a - = 20 \"[0.7][0.3][0.1]\"", porcupine.Ok},
		"one that was seen is gone":  {seen + "502 503 Get a - = 20 \"[0.7]\"", porcupine.Illegal},
		"one happened twice":         {seen + "502 503 Get a - = 20 \"[0.7][0.3][0.3]\"", porcupine.Illegal},
		"one was seen too early":     {"0 1 Get a - = 5 \"[0.9]\"\n" + seen, porcupine.Illegal},
		"one that nobody sees":       {lost + "502 503 CompareAndSet a 9 \"[1.1]\" = refused", porcupine.Ok},
		"none can have been refused": {"600 601 Put b [1.1] = 9 none\n602 603 CompareAndSet b 9 \"[1.2]\" = refused", porcupine.Illegal},
	} {
		problem, err := Raftkv(kvOperations(t, text.String()+test.history))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := porcupine.CheckOperationsTimeout(problem.Model, problem.Operations, time.Minute); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

// TestSettle_plain: values that cannot be told apart leave everything as it is.
func TestSettle_plain(t *testing.T) {
	for _, text := range []string{
		"0 1 Put a x = UNAVAILABLE\n2 3 Get a - = 0 none",
		"0 1 Put a [0.1] = UNAVAILABLE\n2 3 Put a [0.1] = 1 none",
		"0 1 Put a [0.1] = UNAVAILABLE\n2 3 Put a x = 1 none",
		"0 1 Delete a - = UNAVAILABLE\n2 3 Put a [0.1] = 1 none",
	} {
		problem, err := Raftkv(kvOperations(t, text))
		if err != nil || len(problem.Operations) != 2 || problem.Operations[0].Return != forever || problem.Unknown != 1 || problem.Dropped != 0 {
			t.Errorf("%s: %+v, %v; want the write without an end", text, problem, err)
		}
	}
}

func TestRaftKV_complaints(t *testing.T) {
	for says, line := range map[string]string{
		`line 1: the call is "SetNum"; raftkv has Get, Put,`:        "0 1 SetNum a 1 = 1",
		`line 1: the value: "x" is not a version and a value`:       "0 1 CompareAndSet a x = 1 none",
		`line 1: the answer: "x" is not a version and a value`:      "0 1 Get a - = x",
		`line 1: the answer: "refused" is not a version`:            "0 1 Put a x = refused",
		`line 1: the answer: "1 x" is not a version and a value; t`: "0 1 Get a - = 1 x",
	} {
		if _, err := Raftkv(kvOperations(t, line)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want an error that says %s", line, err, says)
		}
	}
}

func TestRaftKV_words(t *testing.T) {
	problem, err := Raftkv(kvOperations(t, `
		0 1 Put a x = 3 none
		2 3 CompareAndSet a 3 "y" = 4 "x"
		4 5 CompareAndSet a 3 "z" = refused
		6 7 Append a w = UNAVAILABLE`))
	if err != nil {
		t.Fatal(err)
	}
	state := problem.Model.Init()
	var words []string
	for _, o := range problem.Operations {
		ok, next := problem.Model.Step(state, o.Input, o.Output)
		if !ok || problem.Model.Equal(state, next) && problem.Model.Hash(state) != problem.Model.Hash(next) {
			t.Errorf("%v is not right in %v, which becomes %v", o.Input, state, next)
		}
		state = next
		words = append(words, problem.Model.DescribeOperation(o.Input, o.Output), problem.Model.DescribeState(state))
	}
	want := `Put(a, "x") = 3 none; 3 "x"; CompareAndSet(a, 3, "y") = 4 "x"; 4 "y"; CompareAndSet(a, 3, "z") = refused; 4 "y"; Append(a, "w") = ?; at least 5 "yw"`
	if got := strings.Join(words, "; "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
