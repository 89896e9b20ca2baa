package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// clocks says what in gossipkv reads a clock, and why nothing that is decided about data, versions or members depends on it: servers
// whose clocks are years apart behave no differently.
var clocks = map[string]string{
	"internal/page/page.go":     "when a status page was put together, for people",
	"internal/peer/session.go":  "when something came last, for people",
	"internal/peer/target.go":   "for how long a link was up, by the monotonic clock, to pause before the next attempt",
	"internal/server/server.go": "since when the server runs, for people",
}

// readsClock are the functions of package time that read a clock. A ticker is none: what it counts is no time of day.
var readsClock = map[string]bool{"Now": true, "Since": true, "Until": true}

// TestClocks: gossipkv reads no clock but where it is listed. So it does not behave differently when clocks are years apart, or leap.
func TestClocks(t *testing.T) {
	folder := filepath.Join(root(t), "services", "gossipkv")
	unused := maps.Clone(clocks)
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		positions, err := clockReads(path, nil)
		name = filepath.ToSlash(name)
		if len(positions) > 0 && clocks[name] == "" {
			t.Errorf("%s reads a clock", strings.Join(positions, ", "))
		}
		if len(positions) > 0 {
			delete(unused, name)
		}
		return err
	})
	if err != nil || len(unused) > 0 {
		t.Errorf("these files are not there, or read no clock: %v, %v", unused, err)
	}
}

// clockReads returns where a file reads a clock. Its text is given, or read.
func clockReads(path string, text any) (positions []string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	clock := "" // the name of package time in this file
	for _, imported := range file.Imports {
		if imported.Path.Value == `"time"` {
			if clock = "time"; imported.Name != nil {
				clock = imported.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok && readsClock[selector.Sel.Name] {
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == clock {
				positions = append(positions, files.Position(n.Pos()).String())
			}
		}
		return true
	})
	return positions, nil
}

// TestClockReads shows what counts as reading a clock.
func TestClockReads(t *testing.T) {
	for text, want := range map[string]int{
		`package p; import "time"; var t = time.Now()`:                                       1,
		`package p; import "time"; var now = time.Now`:                                       1,
		`package p; import clock "time"; func f(t clock.Time) any { return clock.Since(t) }`: 1,
		`package p; import "time"; var tick = time.NewTicker(time.Second)`:                   0,
		`package p; import "x/time"; var t = time.Now()`:                                     0,
	} {
		if positions, err := clockReads("p.go", text); err != nil || len(positions) != want {
			t.Errorf("%s reads a clock at %v, %v; want %d", text, positions, err, want)
		}
	}
}
