package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// files returns the names in a folder, with blanks between.
func files(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestBackup(t *testing.T) {
	f := withBackup("one ", "two ", "three")
	flag, folder := serve(t, f), t.TempDir()
	file := filepath.Join(folder, "b")
	check(t, flag, []step{{args: "backup " + file}})
	if got, err := os.ReadFile(file); string(got) != "one two three" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	f.backup = []string{"another"}
	check(t, flag, []step{{args: "backup " + file, status: 2, stderr: "exists"}})
	if got, _ := os.ReadFile(file); string(got) != "one two three" || files(t, folder) != "b" {
		t.Errorf("after another backup the file has %q, and the folder %s", got, files(t, folder))
	}
}

// TestBackup_failed leaves nothing behind.
func TestBackup_failed(t *testing.T) {
	for name, test := range map[string]struct {
		set func(*service)
		step
	}{
		"broken":  {func(s *service) { s.backed = status.Error(codes.Internal, "no more") }, step{status: 1, stderr: "no more"}},
		"away":    {func(s *service) { s.backed = status.Error(codes.Unavailable, "stopping") }, step{status: 3, stderr: "stopping"}},
		"refused": {func(s *service) { s.token = "secret" }, step{status: 1, stderr: "token"}},
		"silent":  {func(s *service) { s.silent = true }, step{status: 3, stderr: "nothing came for 300ms"}},
	} {
		folder := t.TempDir()
		test.args = "backup --timeout 300ms " + filepath.Join(folder, "b")
		s := withBackup("x")
		test.set(s)
		check(t, serve(t, s), []step{test.step})
		if got := files(t, folder); got != "" {
			t.Errorf("%s: left %s", name, got)
		}
	}
}

// TestBackup_standardOutput: - is no file.
func TestBackup_standardOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	f := withBackup("one ", "two")
	flag := serve(t, f)
	check(t, flag, []step{{args: "backup -", stdout: "one two"}})
	f.backed = status.Error(codes.Internal, "no more")
	check(t, flag, []step{{args: "backup -", status: 1, stdout: "one two", stderr: "kv: what was written, 7 bytes, is no whole backup: no more (Internal)"}})
	f.backed = status.Error(codes.Unavailable, "stopping")
	check(t, flag, []step{{args: "backup -", status: 3, stdout: "one two", stderr: "no whole backup: stopping"}})
	f.backed = nil
	var stderr strings.Builder
	if status := run([]string{"backup", "-", flag}, nil, full{}, &stderr); status != exitFailed || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("without space: status %d, printed %q", status, &stderr)
	}
	check(t, nobody, []step{{args: "backup - --timeout 100ms", status: 3, stderr: "refused"}})
	if got := files(t, "."); got != "" {
		t.Errorf("left %s", got)
	}
}

// TestBackup_terminal: a terminal gets no backup.
func TestBackup_terminal(t *testing.T) {
	keyboard, screen := terminals(t)
	command := program(t, nil, "backup", "-", serve(t, withBackup("never")))
	command.Stdin, command.Stdout, command.Stderr = screen, screen, screen
	if shown := show(t, command, keyboard, screen); command.ProcessState.ExitCode() != exitMisuse || !strings.Contains(shown, "kv backup - | gzip") || strings.Contains(shown, "never") {
		t.Errorf("status %d, shown %q; want %d, and how to do it", command.ProcessState.ExitCode(), shown, exitMisuse)
	}
}

// TestBackup_partial: what another backup left, or is writing, is not touched.
func TestBackup_partial(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "b")
	if err := os.WriteFile(file+".partial", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, serve(t, newService()), []step{{args: "backup " + file, status: 2, stderr: "b.partial exists"}})
	if got, _ := os.ReadFile(file + ".partial"); string(got) != "mine" || files(t, folder) != "b.partial" {
		t.Errorf("it has %q, and the folder %s", got, files(t, folder))
	}
}
