package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	mageShown  = regexp.MustCompile(`\bmage ([a-z]\w+)`)
	mageTarget = regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(`)
)

// TestCommands: every command of mage that a document or a comment of a program names is one.
func TestCommands(t *testing.T) {
	magefile, err := os.ReadFile(filepath.Join(root(t), "magefile.go"))
	if err != nil {
		t.Fatal(err)
	}
	targets := make(map[string]bool)
	for _, found := range mageTarget.FindAllStringSubmatch(string(magefile), -1) {
		targets[strings.ToLower(found[1])] = true
	}
	named := 0
	for _, pattern := range []string{"*.md", "*/*.md", "*/*/*.md", "*/*/main.go", "compat/doc.go", ".ci/run"} {
		files, err := filepath.Glob(filepath.Join(root(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range mageShown.FindAllStringSubmatch(string(text), -1) {
				if named++; !targets[strings.ToLower(found[1])] {
					t.Errorf("%s names mage %s, which is no command: see go tool mage -l", file, found[1])
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("%d commands are named; want more: where are the documents?", named)
	}
}
