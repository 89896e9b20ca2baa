package model

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// TestRegister: versions play no part, real time does.
func TestRegister(t *testing.T) {
	for name, test := range map[string]struct {
		history string
		want    porcupine.CheckResult
	}{
		"one after the other": {`
			0 1 0@A Put k x = 1@1
			2 3 1@A Get k = 1@1 "x"
			4 5 0@A Delete k = 2@1
			6 7 1@A Get k = 2@1 none`, porcupine.Ok},
		"a read while a write is under way": {`
			0 9 0@A Put k x = 1@1
			2 3 1@B Get k = - none
			4 5 1@A Get k = 1@1 "x"`, porcupine.Ok},
		"a read while a write is under way, and one before that goes back": {`
			0 9 0@A Put k x = 1@1
			2 3 1@A Get k = 1@1 "x"
			4 5 2@B Get k = - none`, porcupine.Illegal},
		"another server does not have it yet": {`
			0 1 0@A Put k x = 1@1
			2 3 1@B Get k = - none`, porcupine.Illegal},
		"another server says that it does not have it yet": {`
			0 1 0@A Put k x = 1@1
			2 3 0@B Get k (1@1) = unmet`, porcupine.Ok},
		"a write that loses to an earlier one": {`
			0 1 0@A Put k x = 5@1
			2 3 1@B Put k y = 1@2
			4 5 1@A Get k = 5@1 "x"`, porcupine.Illegal},
		"a write of unknown outcome, late": {`
			0 1 0@A Put k x = UNAVAILABLE
			2 3 1@A Get k = - none
			4 5 1@A Get k = 1@1 "x"`, porcupine.Ok},
		"a write that was refused": {`
			0 1 0@A Put k x = RESOURCE_EXHAUSTED
			2 3 1@A Get k = 1@1 "x"`, porcupine.Illegal},
		"keys by themselves": {`
			0 1 0@A Put k x = 1@1
			2 3 1@B Put j x = 1@2
			4 5 1@A Get k = 1@1 "x"
			6 7 1@A Get j = 1@2 "x"`, porcupine.Ok},
	} {
		problem, err := Register(gossipHistory(t, test.history+"\nA: k 1@1 \"x\""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := porcupine.CheckOperationsTimeout(problem.Model, problem.Operations, time.Minute); got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

// TestLinearizable_register: what people are told of it, and the picture.
func TestLinearizable_register(t *testing.T) {
	verdict, err := Linearizable(Register)(t.Context(), gossipHistory(t, `
		0 1 0@A Put k x = 1@1
		2 3 1@B Get k = - none
		4 5 1@A Get k = 1@1 "x"
		6 7 1@B Get k (1@1) = unmet
		8 9 2@A Put k y = UNAVAILABLE
		A: k 1@1 "x"`), Effort{Timeout: time.Minute, Picture: true})
	if err != nil || verdict.Kept || !verdict.Broken || verdict.Reads != 2 {
		t.Errorf("%+v, %v; want that it is broken, after 2 reads", verdict, err)
	}
	if err := verdict.Draw(t.Output()); err != nil {
		t.Error(err)
	}
}
