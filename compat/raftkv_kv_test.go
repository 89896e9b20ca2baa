package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runKV runs kv with an input, and returns what it prints. It must end well.
func runKV(t *testing.T, port string, input io.Reader, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), build(t, "./tools/kv"), append([]string{"--servers=localhost:" + port}, args...)...)
	var stderr strings.Builder
	command.Stdin, command.Stderr = input, &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("kv %s: %v: %s", args, err, &stderr)
	}
	return output
}

// pairs returns lines for kv import: many keys, each byte in some key and value, and a value that no shared message takes.
func pairs(t *testing.T) []byte {
	t.Helper()
	var lines bytes.Buffer
	add := func(key, value []byte) {
		if err := json.NewEncoder(&lines).Encode(map[string][]byte{"key_base64": key, "value_base64": value}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 256 {
		add([]byte{byte(i)}, []byte{'a', byte(i)})
		add([]byte{'a', byte(i), '\n'}, []byte{byte(i), byte(i)})
	}
	for round := range 3 {
		for i := range 2000 {
			add(fmt.Appendf(nil, "many %d", i), fmt.Appendf(nil, "round %d", round))
		}
	}
	add([]byte("large"), bytes.Repeat([]byte("\x00\xff\n"), mebibyte))
	return lines.Bytes()
}

var versionField = regexp.MustCompile(`,"version":\d+}`)

// TestRaftkv_copies: what kv scan prints, kv import takes into another store, and a backup through a pipe holds the same.
func TestRaftkv_copies(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token of the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, second := newKVProcess(t, "--admin-token-file="+token), newKVProcess(t)
	runKV(t, first.port(), bytes.NewReader(pairs(t)), "import")
	original := runKV(t, first.port(), nil, "scan", "--output=json")
	if n := bytes.Count(original, []byte("\n")); n != 2*256+2000+1 || bytes.Contains(original, []byte(`"value":"round 0"`)) || bytes.Contains(original, []byte(`"value":"round 1"`)) {
		t.Fatalf("%d pairs are there, or not the last value of each key", n)
	}

	runKV(t, second.port(), bytes.NewReader(original), "import")
	copied := runKV(t, second.port(), nil, "scan", "--output=json")
	if !bytes.Equal(versionField.ReplaceAll(copied, nil), versionField.ReplaceAll(original, nil)) {
		t.Error("the copy by kv import has other pairs")
	}

	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(backup, runKV(t, first.port(), nil, "backup", "-", "--admin-token-file="+token), 0o600); err != nil {
		t.Fatal(err)
	}
	third := startAfter(t, "exec < '"+backup+"'", "--restore=-")
	defer third.Stop()
	if restored := runKV(t, third.Port, nil, "scan", "--output=json"); !bytes.Equal(restored, original) {
		t.Error("the copy by kv backup - has other pairs")
	}
}
