package lab

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStart_interrupted: what ends a start does not end what has been started: that is left to Stop.
func TestStart_interrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s, err := Start(ctx, lasting())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	interrupt()
	other, err := Start(t.Context(), lasting()) // meanwhile it could have been killed
	if err != nil {
		t.Fatal(err)
	}
	other.Kill()
	s.Stop()
	if status := s.nodes[0].running.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("it was ended by %v; want SIGTERM, as an operator would", status.Signal())
	}
}

// TestStart_tooEarly: a server that is not ready when the start is interrupted is an error, and killed.
func TestStart_tooEarly(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	interrupt(enough)
	_, err := Start(ctx, Alone("it", Process{Args: []string{"sleep", "100"}}))
	if !errors.Is(err, enough) || !strings.Contains(err.Error(), "it was not ready yet") {
		t.Errorf("got %v; want that it was not ready, and why nobody waits", err)
	}
}

// TestStart_killed: when the program that has started a server is killed, and cannot do anything any more, the server ends too.
func TestStart_killed(t *testing.T) {
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), asProgram+"=parent")
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := parent.StderrPipe() // which the server has as well
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(stdout); err != nil || string(said) != "started" {
		t.Fatalf("it said %q, %v; want that its server has started", said, err)
	}
	parent.Process.Kill()
	stderr.(*os.File).SetReadDeadline(time.Now().Add(3 * time.Second))
	if _, err := io.ReadAll(stderr); err != nil { // up to when nobody has it any more
		t.Errorf("its server has not ended: %v", err)
	}
	parent.Wait()
}

// TestRun_died: a server that dies under a load ends it, however long it would last, and is an error that says so.
func TestRun_died(t *testing.T) {
	r, load, _ := generators(t, "kill -9 $1; exec sleep 1000")
	server, err := Start(t.Context(), lasting())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	pid := server.nodes[0].running.Process.Pid
	load.Command = func([]string) []string { return []string{"generate", strconv.Itoa(pid)} }
	run, _, err := r.Run(t.Context(), load, server, time.Hour)
	if err == nil || err.Error() != "it died under the load" {
		t.Errorf("%+v, %v; want that it died", run, err)
	}
	if left, err := os.ReadDir(r.Scratch); err != nil || len(left) > 0 {
		t.Errorf("the scratch folder has %v, %v", left, err)
	}
}
