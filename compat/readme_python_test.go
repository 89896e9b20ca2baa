package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// told finds what a README says that a program prints: a comment behind a print, or one that has a line for itself after it.
var told = regexp.MustCompile(`(?m)^ *(?:print\(.*\)  )?# (b'.*|[A-Z_]+ False|False)$`)

// TestReadme_python follows the README of the Python client as a user does: it installs the package, starts a server, and runs
// the programs that are shown. They print what the README says, those of raftkv with one server and with a cluster.
func TestReadme_python(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(), "contracts/python/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```(python)?\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 5 || blocks[0][1] != "" {
		t.Fatalf("the README shows %d blocks; want the installation, three programs for raftkv, and one for gossipkv", len(blocks))
	}
	// The installation leaves files beside what it installs, and so gets a copy.
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "contracts/python"), os.DirFS(filepath.Join(root(), "contracts/python"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "sh", "-e", "-c", blocks[0][2])
	install.Dir = folder
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", blocks[0][2], err, output)
	}
	t.Run("one", func(t *testing.T) {
		runShown(t, folder, blocks[1:4], "localhost:6000", "localhost:"+newKVProcess(t).port())
	})
	t.Run("cluster", func(t *testing.T) {
		runShown(t, folder, blocks[1:4], "localhost:6000", newKVCluster(t, 3).addresses[0])
	})
	t.Run("gossipkv", func(t *testing.T) {
		servers := newGossips(t).addresses()
		runShown(t, folder, blocks[4:], "localhost:8000", servers[0], "localhost:8001", servers[1])
	})
}

// runShown runs programs in the environment of a folder, with other servers than they show: each of which stands before the one
// in its place.
func runShown(t *testing.T, folder string, blocks [][]string, servers ...string) {
	t.Helper()
	for _, block := range blocks {
		program := exec.CommandContext(t.Context(), "venv/bin/python", "-c", strings.NewReplacer(servers...).Replace(block[2]))
		program.Dir = folder
		output, err := program.CombinedOutput()
		var want strings.Builder
		for _, line := range told.FindAllStringSubmatch(block[2], -1) {
			want.WriteString(line[1] + "\n")
		}
		if err != nil || string(output) != want.String() || want.Len() == 0 {
			t.Errorf("%s\n%v; it printed:\n%s\nwant:\n%s", block[2], err, output, want.String())
		}
	}
}
