package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// TestScripts runs the scripts of testdata with servers in memory; the suite compat runs them with real ones. What NAME.script prints is in
// NAME.out, and what is said of its faulty lines in NAME.err, if there are any.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.script")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		out, errOut := os.ReadFile(strings.TrimSuffix(name, "script") + "out")
		complaints, _ := os.ReadFile(strings.TrimSuffix(name, "script") + "err")
		if err := errors.Join(err, errOut); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			if err := s.play(t, false, strings.NewReader(string(text))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if s.out.String() != string(out) || s.said() != string(complaints) {
				t.Errorf("%s: printed\n%s\nand said\n%s\nwant\n%s\nand\n%s", name, &s.out, s.said(), out, complaints)
			}
		})
	}
}
