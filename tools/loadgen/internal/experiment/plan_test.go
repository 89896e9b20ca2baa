package experiment

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// good are settings with which every experiment can be planned: there are programs of everything but of some peers.
func good(t *testing.T, without ...string) Settings {
	t.Helper()
	s := Settings{Repeats: 1, Duration: time.Second, Scratch: t.TempDir(), Bin: t.TempDir(), Peers: true}
	for _, e := range All {
		for _, target := range e.Targets {
			for _, program := range target.Programs {
				if strings.HasPrefix(program, onPath) || slices.Contains(without, program) {
					continue
				}
				if err := os.WriteFile(filepath.Join(s.Bin, program), []byte("#!/bin/sh\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return s
}

// TestNewPlan_misuse: what cannot be measured is refused with a line that says why, and nothing is made.
func TestNewPlan_misuse(t *testing.T) {
	for says, test := range map[string]struct {
		name   string
		change func(*Settings)
	}{
		`there is no experiment "client"; there are `:                          {"client", func(*Settings) {}},
		"--repeats is 0; it must be 1 to 100":                                  {"clients", func(s *Settings) { s.Repeats = 0 }},
		"--sizes is not for the experiment clients":                            {"clients", func(s *Settings) { s.Sizes = []Size{1} }},
		"--mixes is not for the experiment clients":                            {"clients", func(s *Settings) { s.Mixes = []string{readOnly} }},
		`--mixes has "1/2"; the experiment value-size has read-only, 50/50`:    {"value-size", func(s *Settings) { s.Mixes = []string{readOnly, "1/2"} }},
		`--targets has "x"; the experiment value-size has raftkv, etcd, redis`: {"value-size", func(s *Settings) { s.Targets = []string{"etcd", "x"} }},
		"--clients has 2 numbers; the experiment value-size takes one":         {"value-size", func(s *Settings) { s.Clients = []int{1, 2} }},
		"--clients has 0 to 1; it must be 1 to 100000":                         {"clients", func(s *Settings) { s.Clients = []int{0, 1} }},
		"--servers is not for the experiment clients":                          {"clients", func(s *Settings) { s.Servers = []int{1} }},
		"--servers has 1 to 65; it must be 1 to 64":                            {"servers", func(s *Settings) { s.Servers = []int{65, 1} }},
		"--requests is not for the experiment clients, whose ":                 {"clients", func(s *Settings) { s.Requests = 1 }},
		"nothing is left to measure":                                           {"clients", func(s *Settings) { s.Targets, s.Peers = []string{"etcd"}, false }},
		"there is no program raftkv (go tool mage build makes it)":             {"clients", func(s *Settings) { s.Bin = s.Scratch }},
		"make room, or name a folder on another disk":                          {"value-size", func(s *Settings) { s.Keys, s.Sizes = greatestKeys, []Size{GiB} }},
		"/none: no such file":                                                  {"clients", func(s *Settings) { s.Scratch = "/none" }},
	} {
		s := good(t)
		scratch := s.Scratch
		test.change(&s)
		plan, err := NewPlan(test.name, s)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, %v; want one line with %s", plan, err, says)
		}
		if made, err := os.ReadDir(scratch); err != nil || len(made) > 0 {
			t.Errorf("%s: it made %v, %v", says, made, err)
		}
	}
}

// TestNewPlan_leftOut: a peer that is not there is left out, and so is one that nobody wants; ours must be there.
func TestNewPlan_leftOut(t *testing.T) {
	s := good(t, "etcdload")
	s.Targets = []string{"etcd", "raftkv"}
	plan, err := NewPlan("clients", s)
	if err != nil || len(plan.Targets) != 1 || plan.Targets[0].Name != "raftkv" {
		t.Fatalf("%+v, %v; want raftkv alone", plan, err)
	}
	if want := []string{"etcd: there is no program etcdload (go tool mage peers makes it)"}; !reflect.DeepEqual(plan.LeftOut, want) {
		t.Errorf("left out are %q, want %q", plan.LeftOut, want)
	}
	s = good(t)
	s.Peers = false
	if plan, err = NewPlan("clients", s); err != nil || len(plan.LeftOut) > 0 || slices.ContainsFunc(plan.Targets, func(t Target) bool { return t.Peer }) {
		t.Errorf("%+v, %v; want no peers, and no word of them", plan, err)
	}
}

// TestNewPlan_chosen: what flags say takes the place of what the experiment would measure, and both are told to who reads the study.
func TestNewPlan_chosen(t *testing.T) {
	s := good(t)
	plan, err := NewPlan("value-size", s)
	if err != nil || !reflect.DeepEqual(plan.Sizes, valueSizes) || !reflect.DeepEqual(plan.Clients, []int{4}) || len(plan.Mixes) != 2 {
		t.Fatalf("%+v, %v; want the defaults", plan, err)
	}
	s.Targets, s.Sizes, s.Mixes, s.Clients, s.Keys, s.Full = []string{"raftkv"}, []Size{MiB, 512, MiB}, []string{halfHalf}, []int{7}, 3, true
	if plan, err = NewPlan("value-size", s); err != nil {
		t.Fatal(err)
	}
	if w := plan.sized(MiB); w != (Workload{Clients: 7, Keys: 3, Size: MiB}) {
		t.Errorf("the workload is %+v", w)
	}
	want := map[string]string{"full": "true", "repeats": "1", "duration": "1s", "warmup": "0s", "targets": "raftkv", "sizes": "512B, 1MiB", "mixes": "50/50", "clients": "7", "keys": "3"}
	if got := plan.settings(); !reflect.DeepEqual(got, want) {
		t.Errorf("the settings are %v, want %v", got, want)
	}
	command := "loadgen experiment value-size --repeats 1 --duration 1s --warmup 0s --targets raftkv --mixes 50/50 --sizes 1MiB,512B,1MiB --clients 7 --keys 3 --full"
	if got := strings.Join(plan.command(), " "); got != command {
		t.Errorf("the command is %s, want %s", got, command)
	}
}

// TestNewPlan_here: programs of the current folder are found there, and not on PATH.
func TestNewPlan_here(t *testing.T) {
	s := good(t)
	t.Chdir(s.Bin)
	s.Bin, s.Scratch = ".", "."
	plan, err := NewPlan("restart", s)
	if err != nil || !filepath.IsAbs(plan.Bin) || !filepath.IsAbs(plan.Scratch) {
		t.Errorf("%+v, %v; want programs and data here", plan, err)
	}
}

// TestNewPlan_requests: an experiment that counts requests measures for no time, and says so to who repeats it.
func TestNewPlan_requests(t *testing.T) {
	s := good(t)
	for asked, want := range map[int]string{0: "2000", 7: "7"} {
		s.Requests = asked
		plan, err := NewPlan("servers", s)
		if err != nil {
			t.Fatal(err)
		}
		settings, command := plan.settings(), strings.Join(plan.command(), " ")
		if _, lasts := settings["duration"]; lasts || settings["requests"] != want || !strings.HasSuffix(command, " --requests "+want) || strings.Contains(command, "--duration") {
			t.Errorf("%s, with %v; want %s requests, and no duration", command, settings, want)
		}
	}
}

// TestAll: the experiments are in the order of their names, and flags of one can choose all that it has.
func TestAll(t *testing.T) {
	if !slices.IsSorted(Names()) {
		t.Errorf("they are in the order %q", Names())
	}
	mage, err := os.ReadFile("../../../../magefile.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range All {
		if !bytes.Contains(mage, []byte("\t\""+e.Name)) || !bytes.Contains(readme, []byte("\n| `"+e.Name+"` |")) {
			t.Errorf("magefile.go lacks the smallest run of %s, or the README its line", e.Name)
		}
		names := make(map[string]bool)
		for _, target := range e.Targets {
			if names[target.Name] || names[target.Series] || target.Promise == "" || target.Command == nil || target.Load == nil {
				t.Errorf("%s has %+v twice, or not all of it", e.Name, target)
			}
			names[target.Name], names[target.Series] = true, true
		}
		if e.Title == "" || e.Summary == "" || e.Measure == nil || e.Show == nil {
			t.Errorf("%+v is not whole", e)
		}
	}
}
