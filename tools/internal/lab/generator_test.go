package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/tools/internal/result"
)

// generators is a rig whose only program is a generator: it leaves a run of one step with gets that found nothing, and then does what
// the script says. The server is one that is already there.
func generators(t *testing.T, script string) (r Rig, load Load, server *Server) {
	t.Helper()
	r = Rig{Bin: t.TempDir(), Scratch: t.TempDir()}
	var step result.Step
	step.Marks = map[string]int64{"missing": 3}
	step.Latency = result.NewHistogram()
	var made strings.Builder
	if err := (&result.Run{Header: result.Header{Label: "LABEL"}, Steps: []result.Step{step}}).Write(&made); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(r.Bin, "generate")
	// The label is the third argument, the file the last.
	script = "#!/bin/sh\nlabel=$3; for out; do :; done\nleave() { sed \"s/LABEL/$label/\" \"$0.jsonl\" >\"$out\"; }\n" + script + "\n"
	for name, text := range map[string]string{program: script, program + ".jsonl": made.String()} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	load = Load{Callers: 1, Command: func(addresses []string) []string { return append([]string{"generate"}, addresses...) }}
	return r, load, &Server{nodes: []*Node{{program: Process{Address: "a"}}}}
}

// TestGenerator_several: what is held at the same time does not mix, and nothing is left in the scratch folder. Gets that found nothing
// are for others to judge.
func TestGenerator_several(t *testing.T) {
	r, load, server := generators(t, "leave")
	var all []*Generator
	for _, series := range []string{"one", "two"} {
		load.Series = series
		g, err := r.StartGenerator(t.Context(), load, server, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	for i, want := range []string{"one", "two"} {
		if run, err := all[i].Await(); err != nil || run.Header.Label != want || run.Steps[0].Marks["missing"] != 3 {
			t.Errorf("got %+v, %v; want the run of %s, with gets that found nothing", run, err, want)
		}
	}
	if left, err := os.ReadDir(r.Scratch); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestGenerator_failed: what was measured is there beside the error that says what failed, if anything was.
func TestGenerator_failed(t *testing.T) {
	for script, whole := range map[string]bool{"leave; echo 7 calls failed; exit 1": true, "echo 7 calls failed; exit 1": false} {
		r, load, server := generators(t, script)
		g, err := r.StartGenerator(t.Context(), load, server, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if run, err := g.Await(); err == nil || !strings.Contains(err.Error(), "7 calls failed") || (run != nil) != whole {
			t.Errorf("%s: got %v, %v; want what it said, and a run: %v", script, run, err, whole)
		}
	}
}

// TestGenerator_calls: a load of so many calls lasts for no time, and has no warm-up.
func TestGenerator_calls(t *testing.T) {
	for calls, pattern := range map[int]string{0: "--duration 1s --warmup 2s", 7: "--clients 1 --requests 7"} {
		r, load, server := generators(t, `case "$*" in *"`+pattern+` --out "*) leave;; *) echo "$*"; exit 1;; esac`)
		r.Warmup, load.Calls = 2*time.Second, calls
		g, err := r.StartGenerator(t.Context(), load, server, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Await(); err != nil {
			t.Errorf("%d calls: %v; want %s", calls, err, pattern)
		}
	}
}

// TestGenerator_interrupted: when the measurement is interrupted, what was measured until then is kept.
func TestGenerator_interrupted(t *testing.T) {
	r, load, server := generators(t, `trap 'leave; exit 1' INT; echo begun >"$out"; while :; do sleep 0.01; done`)
	ctx, interrupt := context.WithCancel(t.Context())
	g, err := r.StartGenerator(ctx, load, server, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for text, err := []byte(nil), error(nil); len(text) == 0; text, err = os.ReadFile(g.file) { // until it knows what to do
		if err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	if run, err := g.Await(); err == nil || run == nil {
		t.Errorf("got %v, %v; want a run, and that it was interrupted", run, err)
	}
}

// TestAwaitAnswers: the second that is under way does not count, nor one without answers, nor a line that is not whole.
func TestAwaitAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, err := os.Create(filepath.Join(t.TempDir(), "result.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var writer sync.WaitGroup
		writer.Go(func() { // a line every two seconds, and half of it a second before
			defer file.Close()
			fmt.Fprintln(file, `{"header":{}}`)
			for second, answered := range []int{5, 5, 0, 0, 7} {
				line := fmt.Sprintf(`{"interval":{"start":%d,"calls":{"Put":%d}}}`, second, answered)
				time.Sleep(time.Second)
				fmt.Fprint(file, line[:20])
				time.Sleep(time.Second)
				fmt.Fprintln(file, line[20:])
			}
		})
		time.Sleep(2500 * time.Millisecond) // one is reported
		g := &Generator{cmd: exec.Command("true"), file: file.Name()}
		if err := g.AwaitAnswers(t.Context()); err != nil || time.Since(start).Round(time.Second) != 10*time.Second {
			t.Errorf("returned after %v, %v; want 10 s", time.Since(start), err)
		}
		writer.Wait()
	})
}
