package model

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/history"
)

// get is what a server has of a key afterwards.
func get(call, server, key, answer string) history.Operation {
	return history.Operation{Call: call, Server: server, Key: key, Answer: answer, Start: 100, End: 101}
}

func TestSurvived_raftkv(t *testing.T) {
	before := []history.Operation{
		{Call: "Put", Key: "a", Value: "x", Answer: "1 none"},
		{Call: "Put", Key: "a", Value: "y", Answer: `3 "x"`},
		{Call: "Put", Key: "b", Value: "x", Answer: "2 none"},
		{Call: "Put", Key: "b", Value: "y", Failure: "UNAVAILABLE"},
		{Call: "Put", Key: "c", Value: "x", Answer: "4 none"},
		{Call: "CompareAndSet", Key: "c", Value: `9 "z"`, Answer: "refused"},
		{Call: "Get", Key: "e", Answer: `9 "z"`},
		{Call: "Put", Key: "gone", Value: "x", Answer: "5 none"},
		{Call: "Delete", Key: "gone", Answer: `0 "x"`},
	}
	for name, test := range map[string]struct {
		after []history.Operation
		want  Survival
	}{
		"all, and a write of unknown outcome": {
			[]history.Operation{get("Get", "", "a", `3 "y"`), get("Get", "", "b", `7 "y"`), get("Get", "", "c", `4 "x"`)}, Survival{Keys: 3}},
		"an older version": {
			[]history.Operation{get("Get", "", "a", `1 "x"`), get("Get", "", "b", `2 "x"`), get("Get", "", "c", `4 "x"`)},
			Survival{Keys: 3, Lost: 1, Example: "a is as of version 1, though 3 was acknowledged"}},
		"nothing": {
			[]history.Operation{get("Get", "", "a", "0 none"), get("Get", "", "b", "0 none"), get("Get", "", "c", "0 none")},
			Survival{Keys: 3, Lost: 3, Example: "a is gone, though it was acknowledged"}},
		"nobody was asked of a key": {
			[]history.Operation{get("Get", "", "a", `3 "y"`), get("Get", "", "b", `2 "x"`)},
			Survival{Keys: 3, Lost: 1, Example: "c is gone, though it was acknowledged"}},
	} {
		if got, err := Survived("raftkv", before, test.after); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, test.want)
		}
	}
}

func TestSurvived_numstore(t *testing.T) {
	before := []history.Operation{
		{Call: "SetNum", Key: "a", Value: "3", Answer: "3"}, {Call: "SetNum", Key: "b", Value: "3", Failure: "UNAVAILABLE"},
		{Call: "SetNum", Key: "c", Value: "1", Answer: "4"}, {Call: "Fact", Key: "d", Answer: "error"},
	}
	got, err := Survived("numstore", before, []history.Operation{get("Fact", "", "a", "6"), get("Fact", "", "c", "error")})
	if want := (Survival{Keys: 2, Lost: 1, Example: "c is gone, though it was acknowledged"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// TestSurvived_gossipkv: each server is to have each key.
func TestSurvived_gossipkv(t *testing.T) {
	before := gossipHistory(t, `
		0 1 0@A Put k x = 1@1
		2 3 0@B Put k y = 2@2
		4 5 1@B Put j x = 3@2
		A: j 3@2 "x", k 2@2 "y"`)
	for name, test := range map[string]struct {
		after string
		want  Survival
	}{
		"all": {`
			A: j 3@2 "x", k 2@2 "y"
			B: j 3@2 "x", k 2@2 "y"`, Survival{Keys: 4}},
		"one server has an older one, the other lacks a key": {`
			A: j 3@2 "x", k 1@1 "x"
			B: k 2@2 "y"`, Survival{Keys: 4, Lost: 2, Example: "j at B is gone, though it was acknowledged"}},
		"an older one": {`
			A: j 3@2 "x", k 1@1 "x"`, Survival{Keys: 2, Lost: 1, Example: "k at A is as of version 1@1, though 2@2 was acknowledged"}},
		"a server without anything": {`
			A:`, Survival{Keys: 2, Lost: 2, Example: "j at A is gone, though it was acknowledged"}},
	} {
		if got, err := Survived("gossipkv", before, gossipHistory(t, test.after)); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, test.want)
		}
	}
}

// TestSurvived_unknown: a read that failed is no loss, and no success.
func TestSurvived_unknown(t *testing.T) {
	before := []history.Operation{{Call: "Put", Key: "a", Value: "x", Answer: "1 none"}}
	_, err := Survived("raftkv", before, []history.Operation{{Call: "Get", Key: "a", Failure: "UNAVAILABLE"}})
	if err == nil || !strings.Contains(err.Error(), "UNAVAILABLE") {
		t.Errorf("%v; want that it is not known", err)
	}
}
