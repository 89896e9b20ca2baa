package compat

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// promiseFound is what a study has of a promise of a store.
type promiseFound struct {
	Series  string
	At      struct{ Promise string }
	Figures struct{ Checked, Broken float64 }
	Failure string
}

// TestExperiment_promises has every promise that the services make checked on a short load, and all their servers killed. That a
// promise which is not kept is noticed is shown beside it, in tools/loadgen.
func TestExperiment_promises(t *testing.T) {
	loadgen, out := build(t, "./tools/loadgen"), t.TempDir()
	for _, service := range []string{"numstore", "raftkv", "gossipkv"} {
		build(t, "./services/"+service)
	}
	run := exec.Command(loadgen, "experiment", "promises", "--no-peers", "--repeats=1", "--duration=500ms", "--keys=20",
		"--bin="+filepath.Dir(loadgen), "--scratch="+t.TempDir(), "--out="+out)
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", run, err, output)
	}
	found := promisesFound(t, out)
	const order, sessions, equal, survives = "linearizable", "session guarantees", "servers become equal", "survives kill -9 of all servers"
	const goesOn = "goes on without one server"
	for store, kept := range map[string][]string{
		"numstore": {order}, "raftkv, interval": {order}, "raftkv, always": {order, survives}, "raftkv, 3 nodes": {order, survives, goesOn},
		"gossipkv": {sessions, survives}, "gossipkv, 3 servers": {sessions, equal, survives, goesOn},
	} {
		for _, promise := range kept {
			if f := found[[2]string{store, promise}]; f.Figures.Checked == 0 || f.Figures.Broken > 0 || f.Failure != "" {
				t.Errorf("%s, %s: %+v; want that it was checked, and kept", store, promise, f)
			}
		}
	}
	if f := found[[2]string{"numstore", survives}]; f.Figures.Checked == 0 || f.Figures.Broken < f.Figures.Checked {
		t.Errorf("numstore has lost %v of %v keys; want all", f.Figures.Broken, f.Figures.Checked)
	}
}

// promisesFound reads the only study of a folder, by store and promise.
func promisesFound(t *testing.T, folder string) map[[2]string]promiseFound {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*-promises.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are the studies %q, %v; want one", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[[2]string]promiseFound)
	for line := range bytes.Lines(text) {
		var l struct{ Measurement promiseFound }
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		all[[2]string{l.Measurement.Series, l.Measurement.At.Promise}] = l.Measurement
	}
	return all
}
