package compat

import (
	"encoding/json"
	"maps"
	"testing"
)

// differentialCalls is the number of random calls that the servers are compared by.
const differentialCalls = 10_000

// TestDifferential sends the same random calls, one after the other, to the reference server and to the
// Go server, and expects the same answers, field by field.
func TestDifferential(t *testing.T) {
	python := python(t, "newest")
	calls := randomCalls(newSeed(t), differentialCalls)
	want := perform(t, python, startReference(t, python), calls)
	checkOutcomes(t, want)

	eachColumn(t, func(t *testing.T, column column) {
		port := column.start(t, "--log-level", "warn") // hundreds of calls are refused, as they should be
		reportDifferences(t, calls, want, perform(t, python, port, calls))
	})
	t.Run("model", func(t *testing.T) { reportDifferences(t, calls, want, model{entries: 10}.answer(calls)) })
	t.Run("controls", func(t *testing.T) { checkControls(t, calls, want) })
}

// reportDifferences reports the first few differences; those after them are mostly their consequences.
func reportDifferences(t *testing.T, calls []call, want, got []answer) {
	t.Helper()
	different := differences(want, got)
	for _, i := range different[:min(5, len(different))] {
		t.Errorf("call %d, %s %+.20q %d: the reference answers %v, this server %v",
			i+1, calls[i].Call, calls[i].Key, calls[i].Value, want[i], got[i])
	}
	if len(different) > 0 {
		t.Errorf("%d of %d answers differ", len(different), len(want))
	}
}

// checkOutcomes expects of random calls that each kind of answer was given often.
func checkOutcomes(t *testing.T, answers []answer) {
	t.Helper()
	const often = differentialCalls / 100
	outcomes := make(map[string]int)
	for _, answer := range answers {
		outcomes[outcome(answer)]++
	}
	t.Logf("of %d answers: %v", len(answers), outcomes)
	for _, name := range []string{"total", "OUT_OF_RANGE", "computed", "hit", "error"} {
		if outcomes[name] < often {
			t.Errorf("%d of %d answers are of the kind %q; want at least %d", outcomes[name], len(answers), name, often)
		}
	}
	if len(outcomes) != 5 {
		t.Errorf("the reference gave answers of unexpected kinds: %v", outcomes)
	}
}

func outcome(a answer) string {
	switch {
	case a["code"] != nil:
		return a["code"].(string)
	case a["total"] != nil:
		return "total"
	case a["error"] != "":
		return "error"
	case a["hit"] == true:
		return "hit"
	}
	return "computed"
}

// checkControls shows that the calls tell a right server from a wrong one, whichever rule it breaks.
func checkControls(t *testing.T, calls []call, want []answer) {
	for name, wrong := range map[string]model{
		"a cache of nine":                {entries: 9},
		"a cache of eleven":              {entries: 11},
		"a cache that forgets the first": {entries: 10, firstInOut: true},
		"a cache by key":                 {entries: 10, byKey: true},
		"a cache of errors":              {entries: 10, remembersError: true},
		"a SetNum that is half refused":  {entries: 10, keepsRefused: true},
	} {
		if different := differences(want, wrong.answer(calls)); len(different) == 0 {
			t.Errorf("%s was not noticed", name)
		} else {
			t.Logf("%s: noticed by %d answers, first by call %d", name, len(different), different[0]+1)
		}
	}
}

// differences returns the numbers of the calls, from 0, whose answers differ in what is promised.
func differences(want, got []answer) (different []int) {
	for i := range want {
		if !maps.Equal(promised(want[i]), promised(got[i])) {
			different = append(different, i)
		}
	}
	return different
}

// promised returns what the contract says of an answer. The wording of Fact's error and of a status is
// each server's own; whether there is an error, and the status code, are not.
func promised(a answer) answer {
	promise := maps.Clone(a)
	delete(promise, "message")
	if text, exists := promise["error"]; exists {
		promise["error"] = text != ""
	}
	return promise
}

// TestDifferences shows which differences are noticed.
func TestDifferences(t *testing.T) {
	var (
		set     = answer{"total": json.Number("9223372036854775807")}
		fact    = answer{"value": json.Number("6"), "hit": true, "error": ""}
		failed  = answer{"value": json.Number("0"), "hit": false, "error": "no such key"}
		refused = answer{"code": "OUT_OF_RANGE", "message": "too much"}
	)
	for name, test := range map[string]struct {
		want  answer
		field string
		now   any // nil takes the field away
		same  bool
	}{
		"nothing":                    {set, "total", set["total"], true},
		"the total is off by one":    {set, "total", json.Number("9223372036854775806"), false},
		"the total is missing":       {set, "total", nil, false},
		"a field more":               {set, "hit", false, false},
		"the value":                  {fact, "value", json.Number("7"), false},
		"no hit":                     {fact, "hit", false, false},
		"hit is missing":             {fact, "hit", nil, false},
		"an error where none was":    {fact, "error", "x", false},
		"the error is empty":         {failed, "error", "", false},
		"the error is missing":       {failed, "error", nil, false},
		"the wording of the error":   {failed, "error", "there is no such key", true},
		"a value beside the error":   {failed, "value", json.Number("1"), false},
		"the code":                   {refused, "code", "INTERNAL", false},
		"the code is missing":        {refused, "code", nil, false},
		"the wording of the message": {refused, "message", "too little", true},
	} {
		got := maps.Clone(test.want)
		if got[test.field] = test.now; test.now == nil {
			delete(got, test.field)
		}
		if same := len(differences([]answer{test.want}, []answer{got})) == 0; same != test.same {
			t.Errorf("%s: %v and %v are the same: %t", name, test.want, got, same)
		}
	}
}
