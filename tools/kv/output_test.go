package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestFullDevice: the process as users run it says with its status that nothing was written.
func TestFullDevice(t *testing.T) {
	f := withBackup("a backup")
	flag := serve(t, f)
	f.Set([]byte("k"), []byte("v"))
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("NOT TESTED, no full device: %v", err)
	}
	defer device.Close()
	for _, args := range []string{"get k", "scan", "count", "put a b", "delete a --output=json", "stat", "topology", "batch", "shell", "pipe", "import", "backup -"} {
		command := program(t, nil, append(strings.Fields(args), flag)...)
		var stderr bytes.Buffer
		command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input(args)), device, &stderr
		if err := command.Run(); command.ProcessState.ExitCode() != exitFailed || !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("kv %s: %v, printed %q; want status %d, and that there is no space", args, err, &stderr, exitFailed)
		}
	}
}

// input returns a line that a command takes.
func input(args string) string {
	return map[string]string{"batch": "put k v\n", "shell": "get k\n", "pipe": "GET k\n", "import": `{"key":"k","value":"v"}` + "\n"}[args]
}

// TestClosedPipe: a reader that goes away ends kv as it ends other programs, without a word.
func TestClosedPipe(t *testing.T) {
	f := withBackup("a backup")
	flag := serve(t, f)
	f.Set([]byte("k"), []byte("v"))
	for _, args := range []string{"get k", "scan", "backup -", "shell", "import"} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		command := program(t, nil, append(strings.Fields(args), flag)...)
		var stderr bytes.Buffer
		command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input(args)), writer, &stderr
		err = command.Run()
		writer.Close()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE || stderr.Len() > 0 {
			t.Errorf("kv %s: %v, printed %q; want that SIGPIPE ends it", args, err, &stderr)
		}
	}
}
