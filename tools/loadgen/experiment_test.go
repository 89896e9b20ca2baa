package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/study"
)

// asServer makes this test be a server of raftkv, which is wrong in the way that withFault names, if any.
const (
	asServer  = "LOADGEN_TEST_AS_SERVER"
	withFault = "LOADGEN_TEST_WITH_FAULT"
)

// serveForever is a server of raftkv as a program, all in memory: it says where it listens, and serves until it is killed.
func serveForever() {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	raftkvpb.RegisterRaftKVServer(server, &kv{fault: os.Getenv(withFault), pairs: make(map[string]pair), before: make(map[string]pair)})
	fmt.Println("raftkv listening on", listener.Addr())
	server.Serve(listener)
}

// house is where an experiment is made: its programs are this test.
type house struct{ bin, scratch, out, pids string }

func newHouse(t *testing.T) house {
	t.Helper()
	folder := t.TempDir()
	h := house{filepath.Join(folder, "bin"), filepath.Join(folder, "scratch"), filepath.Join(folder, "out"), filepath.Join(folder, "pids")}
	for _, name := range []string{h.bin, h.scratch} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for program, variable := range map[string]string{"raftkv": asServer, "loadgen": asProgram} {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --version ] && exec echo %s of a test\necho %s $$ >>'%s'\n%s=1 exec '%s' \"$@\"\n", program, program, h.pids, variable, os.Args[0])
		if err := os.WriteFile(filepath.Join(h.bin, program), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// start starts an experiment as a process, and returns once it has told of its first measurement. What it says from then on can be read.
func (h house) start(t *testing.T, args string) (process *exec.Cmd, rest io.Reader) {
	t.Helper()
	process = exec.CommandContext(t.Context(), os.Args[0], append([]string{"experiment", "--bin", h.bin, "--scratch", h.scratch, "--out", h.out}, strings.Fields(args)...)...)
	process.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "raftkv, one Clerk, ") {
		t.Fatalf("it said %q, %v; want a measurement", line, err)
	}
	return process, lines
}

// processes are those that the experiment has started, by program.
func (h house) processes(t *testing.T) map[string][]int {
	t.Helper()
	text, err := os.ReadFile(h.pids)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]int)
	for line := range strings.Lines(string(text)) {
		program, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		all[program] = append(all[program], pid)
	}
	return all
}

// left checks what an experiment has left: a study, a report beside it, and nothing else: no process, no data.
func (h house) left(t *testing.T, name string) *study.Study {
	t.Helper()
	for program, pids := range h.processes(t) {
		for _, pid := range pids {
			if err := syscall.Kill(pid, 0); err == nil {
				t.Errorf("%s runs still, as process %d", program, pid)
			}
		}
	}
	if data, err := os.ReadDir(h.scratch); err != nil || len(data) > 0 {
		t.Errorf("the scratch folder has %v, %v", data, err)
	}
	studies, _ := filepath.Glob(filepath.Join(h.out, "*-"+name+".jsonl"))
	reports, _ := filepath.Glob(filepath.Join(h.out, "*-"+name+".html"))
	if len(studies) != 1 || len(reports) != 1 {
		t.Fatalf("there are studies %q and reports %q, want one of each", studies, reports)
	}
	text, err := os.ReadFile(studies[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := study.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(reports[0])
	if err != nil || !bytes.Contains(page, []byte("<svg")) || !bytes.Contains(page, []byte(s.Cut())) {
		t.Errorf("the report has %d bytes, %v; want plots, and why it was cut (%q)", len(page), err, s.Cut())
	}
	return s
}

// TestExperiment is one that comes to its end, twice on the same day.
func TestExperiment(t *testing.T) {
	h := newHouse(t)
	args := fmt.Sprintf("experiment clients --clients 1,2 --targets raftkv --repeats 2 --duration 200ms --warmup 0s --keys 5 --bin %s --scratch %s --out %s", h.bin, h.scratch, h.out)
	status, stdout, stderr := loadgen(t, args)
	if status != exitOK || strings.Count(stderr, "\n") != 4 || !strings.Contains(stdout, "## Throughput by clients\n") {
		t.Fatalf("status %d, printed\n%s\nand\n%s", status, stdout, stderr)
	}
	s := h.left(t, "clients")
	if len(s.Measurements) != 4 || len(s.Failures()) > 0 || s.Cut() != "" || s.Header.Versions["raftkv"] != "raftkv of a test" {
		t.Errorf("the study is %+v; want 4 measurements", s)
	}
	if status, stdout, _ = loadgen(t, args); status != exitOK || !strings.Contains(stdout, "-clients-2.html\n") {
		t.Errorf("another time: status %d, printed\n%s", status, stdout)
	}
	h.left(t, "clients") // is there still
}

// TestExperiment_ended: who interrupts an experiment, or tells it to end, has what was measured, and nothing runs any more.
func TestExperiment_ended(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		h := newHouse(t)
		process, rest := h.start(t, "clients --clients 1,2 --targets raftkv --repeats 100 --duration 200ms --warmup 0s --keys 5")
		process.Process.Signal(signal)
		said, _ := io.ReadAll(rest)
		process.Wait()
		if code := process.ProcessState.ExitCode(); code != exitFailed || !bytes.Contains(said, []byte("loadgen: the experiment ended early: interrupted; its ")) {
			t.Errorf("%v: status %d, said %s", signal, code, said)
		}
		s := h.left(t, "clients")
		if s.Cut() != "interrupted" || len(s.Measurements) == 0 || len(s.Measurements) > 199 || len(s.Failures()) > 0 {
			t.Errorf("%v: the study is %+v; want that it was interrupted, and what was measured before", signal, s)
		}
	}
}

// diedOf is a failure that names the death of a server, which is noticed under a load, or between two.
var diedOf = regexp.MustCompile("^raftkv (has )?died")

// TestExperiment_targetDies: a server that dies in the middle is a failure in words, and no figure; the rest is measured.
func TestExperiment_targetDies(t *testing.T) {
	h := newHouse(t)
	process, rest := h.start(t, "value-size --mixes read-only --sizes 64,128 --targets raftkv --repeats 5 --duration 200ms --warmup 0s --keys 5")
	syscall.Kill(h.processes(t)["raftkv"][0], syscall.SIGKILL)
	said, _ := io.ReadAll(rest)
	process.Wait()
	if code := process.ProcessState.ExitCode(); code != exitFailed || !bytes.Contains(said, []byte("loadgen: 1 of ")) {
		t.Errorf("status %d, said %s", code, said)
	}
	s := h.left(t, "value-size")
	failed := s.Failures()
	if len(failed) != 1 || failed[0].Figures != nil || !diedOf.MatchString(failed[0].Failure) || s.Cut() != "" {
		t.Errorf("the failures are %+v, of a study that was cut: %q; want that the server died", failed, s.Cut())
	}
	of := make(map[string]int)
	for _, m := range s.Measurements {
		of[m.At["value bytes"]]++
	}
	if of["64"] < 2 || of["64"] > 5 || of["128"] != 5 {
		t.Errorf("so many measurements of each size: %v; want that the second was measured all the same", of)
	}
}

// What a report says of servers that have lost the keys of five that a short load came to write: one that had promised to keep them, and one
// that had not.
var (
	promisedLost = regexp.MustCompile(`BROKEN, seen (once|[2-5] times) \([1-5] keys read back\)`)
	otherLost    = regexp.MustCompile(`not promised: [1-5] keys lost \([1-5] keys read back\)`)
)

// TestExperiment_promises: a server that keeps everything in memory has lost what it acknowledged when it was killed, and one whose reads
// are stale is found out by the history of the very load that is measured. Each is a failure of those alone that promise otherwise.
func TestExperiment_promises(t *testing.T) {
	for fault, order := range map[string]string{"": "kept (", staleRead: "BROKEN, seen once ("} {
		t.Setenv(withFault, fault)
		h := newHouse(t)
		status, stdout, stderr := loadgen(t, fmt.Sprintf(
			"experiment promises --targets raftkv-always,raftkv-interval --repeats 1 --duration 300ms --keys 5 --bin %s --scratch %s --out %s", h.bin, h.scratch, h.out))
		s := h.left(t, "promises")
		for _, m := range s.Failures() {
			if of := m.At["promise"]; of != "linearizable" && (m.Series != "raftkv, always" || of != "survives kill -9 of all servers") || m.Figures["checked"] == 0 {
				t.Errorf("%q: the failure %+v is none, or nothing was checked", fault, m)
			}
		}
		want := 1
		if fault != "" {
			want = 3 // one of the two has promised to survive
		}
		if status != exitFailed || len(s.Failures()) != want || strings.Count(stdout, order) < 2 ||
			!promisedLost.MatchString(stdout) || !otherLost.MatchString(stdout) {
			t.Errorf("%q: status %d, %d failures, want %d; printed\n%s\nand\n%s", fault, status, len(s.Failures()), want, stdout, stderr)
		}
	}
}

// TestExperiment_misuse: nothing is started, and no file is made.
func TestExperiment_misuse(t *testing.T) {
	h := newHouse(t)
	for args, says := range map[string]string{
		"":                              "name an experiment: ",
		"client":                        `there is no experiment "client"; there are `,
		"value-size --sizes 4X":         `"4X" is not a size`,
		"value-size --sizes 0":          `"0" is not a size`,
		"value-size --mixes write-only": `--mixes has "write-only"`,
		"clients --targets mongo":       `--targets has "mongo"`,
		"clients --format pdf":          "--format",
		"clients --targets raftkv --out /proc/none": "--out: ",
	} {
		status, stdout, stderr := loadgen(t, "experiment --bin "+h.bin+" --scratch "+h.scratch+" --out "+h.out+" "+args)
		if status != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, says) {
			t.Errorf("loadgen experiment %s: status %d, printed %q and %q; want one line with %s", args, status, stdout, stderr, says)
		}
	}
	for _, name := range []string{h.pids, h.out} {
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
}

// TestExperiment_list names every experiment, and what can be chosen.
func TestExperiment_list(t *testing.T) {
	status, stdout, stderr := loadgen(t, "experiment --list")
	for _, says := range []string{"clients: How many", "value-size: What", "  --sizes: 512B, 4KiB, 512KiB, 1MiB, 4MiB\n", "  --targets: raftkv, etcd, redis\n"} {
		if status != exitOK || stderr != "" || !strings.Contains(stdout, says) {
			t.Errorf("status %d, printed %s and %q; want %s", status, stdout, stderr, says)
		}
	}
}
