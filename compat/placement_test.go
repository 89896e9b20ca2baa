package compat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// placed is a key's tag, and its shards under each placement; nil where it is refused.
type placed struct {
	Tag                 string
	Hash, Numeric, Ring []*int
}

// TestPlacement: the Python functions place every golden key as it is written, with every Python. (That the Go functions do is a
// test of contracts/golden.)
func TestPlacement(t *testing.T) {
	file := filepath.Join(root(), "contracts", "golden", "placement.json")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Keys []struct {
			Name, Key string
			placed
		}
	}
	if err := json.Unmarshal(content, &golden); err != nil || len(golden.Keys) < 40 {
		t.Fatalf("%s has %d keys, %v", file, len(golden.Keys), err)
	}
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) {
			script := python(t, name).Command(t.Context(), "placement.py", file)
			var stderr strings.Builder
			script.Stderr = &stderr
			output, err := script.Output()
			if err != nil {
				t.Fatalf("%s: %v\n%s", script, err, stderr.String())
			}
			lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
			if len(lines) != len(golden.Keys) {
				t.Fatalf("placement.py placed %d keys; want %d", len(lines), len(golden.Keys))
			}
			for i, want := range golden.Keys {
				var got placed
				if err := json.Unmarshal(lines[i], &got); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want.placed) {
					wanted, _ := json.Marshal(want.placed)
					t.Errorf("%s, %s: %s; want %s", want.Name, want.Key, lines[i], wanted)
				}
			}
		})
	}
}

// TestPlacement_refused: Python's function says which cluster it does not know, and which key it cannot place.
func TestPlacement_refused(t *testing.T) {
	const program = `
import sys
sys.path.insert(0, sys.argv[1])
from raftkv_placement import function
for placement, shards, key in ((1, 0, b""), (3, 4097, b""), (0, 1, b""), (4, 3, b""), (2, 3, b"x{seven}"), (2, 3, b"y" * 1024)):
    try:
        print(function(placement, shards)(key))
    except ValueError as error:
        print(error)
`
	output, err := python(t, "oldest").Command(t.Context(), "-c", program, filepath.Join(root(), "contracts", "python")).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	wanted := []string{"have 0 shards", "have 4097 shards", "number 0 is unknown", "number 4 is unknown", "b'x{seven}' has no shard", "yyy' (the beginning of 1024 bytes)"}
	if len(lines) != len(wanted) {
		t.Fatalf("%d lines came out; want %d:\n%s", len(lines), len(wanted), output)
	}
	for i, want := range wanted {
		if !strings.Contains(lines[i], want) {
			t.Errorf("%q; want an error that tells %q", lines[i], want)
		}
	}
}
