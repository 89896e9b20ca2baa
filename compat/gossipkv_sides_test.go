package compat

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGossipkv_bothSides cuts a container off from the other two, and writes on both sides: to what only one of them knows, to what both know, and a deletion.
// A session that moves across the cut is told what is not there yet. When the cut is healed, all three are equal, and each write is there
// or has lost to a greater one.
func TestGossipkv_bothSides(t *testing.T) {
	requireEngine(t)
	image, err := gossipkvImage()
	if err != nil {
		t.Fatal(err)
	}
	aside := docker(t, "network", "create", filepath.Base(scratch)+"-aside") // where this machine reaches the one that is cut off
	t.Cleanup(func() { docker(t, "network", "rm", aside) })
	c := composeOf(t, "gossipkv", image)
	first, second, third := c.nodes[0], c.nodes[1], c.nodes[2]
	docker(t, "network", "connect", aside, third.id)

	first.put(t, "both", "before")
	first.put(t, "deleted", "before")
	third.awaitValue(t, "both", "before")
	third.awaitValue(t, "deleted", "before")
	c.cut(t, third)
	here, there := "localhost:"+first.published(t), "localhost:"+third.published(t)
	perform := goSessions(t, here, there)
	for i, step := range []struct {
		step sessionStep
		want string // what the outcome begins with
	}{
		{sessionStep{Do: "put", Key: "here", Value: "1"}, ""},
		{sessionStep{Do: "put", Key: "both", Value: "here"}, ""},
		{sessionStep{Do: "use", Server: there}, ""},
		{sessionStep{Do: "get", Key: "here"}, "unmet"},
		{sessionStep{Do: "get", Key: "both"}, "unmet"},
		{sessionStep{Do: "put", Key: "both", Value: "there"}, ""}, // of a session that has seen the other one, so it wins
		{sessionStep{Do: "get", Key: "both"}, "=there"},
		{sessionStep{Do: "put", Key: "there", Value: "2"}, ""},
		{sessionStep{Do: "delete", Key: "deleted"}, ""},
		{sessionStep{Do: "use", Server: here}, ""},
		{sessionStep{Do: "get", Key: "both"}, "unmet"},
		{sessionStep{Do: "get", Key: "deleted"}, "unmet"},
	} {
		if got := perform(step.step); !strings.HasPrefix(got, step.want) {
			t.Errorf("step %d, %+v: %q; want %q", i, step.step, got, step.want)
		}
	}
	c.heal(t, third)
	second.awaitValue(t, "both", "there")
	state := awaitEqual(t, first.gossipkv(t), second.gossipkv(t), third.gossipkv(t))
	want := map[string]string{"here": "1", "both": "there", "there": "2"}
	for key, value := range want {
		if state[key].value != value {
			t.Errorf("%s is %q; want %q", key, state[key].value, value)
		}
	}
	if len(state) != len(want) {
		t.Errorf("there are %d keys: %v", len(state), state)
	}
}
