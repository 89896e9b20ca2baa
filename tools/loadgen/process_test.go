package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// asProgram makes this test be loadgen.
const asProgram = "LOADGEN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asServer) != "":
		serveForever()
	case os.Getenv(asProgram) != "":
		main()
	}
	os.Exit(m.Run())
}

// TestRun_ended: a process that is told to end keeps what it has measured, also when nobody reads what it prints.
func TestRun_ended(t *testing.T) {
	for name, test := range map[string]struct {
		signal syscall.Signal
		unread bool
		status int
	}{
		"SIGINT":                       {syscall.SIGINT, false, exitOK},
		"SIGTERM":                      {syscall.SIGTERM, false, exitOK},
		"SIGTERM, and nobody reads it": {syscall.SIGTERM, true, exitFailed},
	} {
		fake, port := serve(t, nil)
		folder := t.TempDir()
		out, recorded := filepath.Join(folder, "out"), filepath.Join(folder, "history")
		process := exec.CommandContext(t.Context(), os.Args[0], "run", port, "--clients=2,4", "--duration=1h", "--history-limit=100000000",
			"--out="+out, "--history="+recorded)
		process.Env = append(os.Environ(), asProgram+"=1")
		var stdout, stderr bytes.Buffer
		process.Stdout, process.Stderr = &stdout, &stderr
		if test.unread {
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			reader.Close()
			defer writer.Close()
			process.Stdout, process.Stderr = writer, writer
		}
		fake.mu.Lock() // calls wait until the process is known
		err := process.Start()
		fake.called = sync.OnceFunc(func() { process.Process.Signal(test.signal) })
		fake.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		process.Wait()
		if got := process.ProcessState; got.ExitCode() != test.status || !test.unread && !strings.Contains(stdout.String(), "2 clients: cut short after ") {
			t.Errorf("%s: %v, printed %q and %q; want status %d", name, got, &stdout, &stderr, test.status)
		}
		if run, err := result.Open(out); err != nil || len(run.Steps) != 1 || run.Steps[0].Answered() == 0 || run.Steps[0].CutShort != "interrupted" {
			t.Errorf("%s: the result file has %+v, %v; want one step with calls", name, run, err)
		}
		if operations, err := history.Open(recorded); err != nil || len(operations) == 0 {
			t.Errorf("%s: the history has %d calls, %v", name, len(operations), err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 2 {
			t.Errorf("%s: the folder has %v, %v; want two files", name, left, err)
		}
	}
}

// TestUnprinted: what cannot be printed is a failure, and no misuse.
func TestUnprinted(t *testing.T) {
	_, port := serve(t, nil)
	folder := t.TempDir()
	out, recorded := filepath.Join(folder, "out"), filepath.Join(folder, "history")
	if code, _, stderr := loadgen(t, "run "+port+" --clients 1 --duration 1h --history-limit 10 --out "+out+" --history "+recorded); code != exitOK {
		t.Fatalf("status %d, printed %q", code, stderr)
	}
	for _, args := range []string{port, port + " --json", "run " + port + " --clients 1 --duration 10ms", "report " + out, "check " + recorded} {
		var stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), full{}, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "could not be printed: no space left on device\n") {
			t.Errorf("loadgen %s: status %d, printed %q; want status %d and why", args, code, &stderr, exitFailed)
		}
	}
}

// full is a device that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
