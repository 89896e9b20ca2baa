package compat

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHistory records what clients see that call at the same time, and expects that it is linearizable.
// That the checker notices when it is not is shown beside it, in tools/loadgen.
func TestHistory(t *testing.T) {
	loadgen := build(t, "./tools/loadgen")
	eachColumn(t, func(t *testing.T, column column) {
		history := filepath.Join(t.TempDir(), "history.jsonl")
		for _, command := range [][]string{
			{"run", column.start(t), "--clients", "8", "--keys", "10", "--values", "-1..22", "--history", history, "--history-limit", "5000"},
			{"check", history},
		} {
			output, err := exec.Command(loadgen, command...).CombinedOutput()
			if err != nil {
				t.Fatalf("loadgen %v: %v\n%s", command, err, output)
			}
			t.Logf("%s", output)
		}
	})
}
