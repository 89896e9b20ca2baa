package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// runShell has a shell run a script in a folder of its own, and returns what that has printed. Each of its commands must succeed. What
// it has left running ends with the test.
func runShell(t *testing.T, script string) (printed string) {
	t.Helper()
	folder := t.TempDir()
	output, err := os.Create(filepath.Join(folder, "output")) // which servers in the background keep open
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
	shell.Dir, shell.Stdout, shell.Stderr = folder, output, output
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) } // the shell's children too
	t.Cleanup(end)
	tooLong := time.AfterFunc(patience, end)
	err = shell.Wait()
	tooLong.Stop()
	text, errRead := os.ReadFile(output.Name())
	if err != nil || errRead != nil {
		t.Errorf("%v, %v; it printed:\n%s\nof the commands\n%s", err, errRead, text, script)
	}
	return string(text)
}
