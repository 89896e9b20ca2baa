package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkv/inprocess"
)

// asProgram makes this test's program orchestrate itself, or a server that it starts.
const asProgram = "ORCHESTRATE_TEST_AS"

func TestMain(m *testing.M) {
	switch as := os.Getenv(asProgram); {
	case as == "":
		os.Exit(m.Run())
	case len(os.Args) > 1 && os.Args[1] == "--id":
		serve(as)
	default:
		main()
	}
}

// serve is a server, alone and in memory.
func serve(as string) {
	if as == "refusing" {
		fmt.Fprintln(os.Stderr, "the flag --id is not for me")
		os.Exit(3)
	}
	number, err := strconv.Atoi(os.Args[2])
	listener, errListen := net.Listen("tcp", "127.0.0.1:0")
	if err := errors.Join(err, errListen); err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	inprocess.NewCluster().Register(server, uint32(number), listener.Addr().String())
	fmt.Fprintln(os.Stderr, "process", os.Getpid(), "serves")
	fmt.Printf("gossipkv listening on %s\n", listener.Addr())
	server.Serve(listener)
}

// program returns an orchestrate of its own process, which starts servers that behave in some way. Its temporary folder is its working folder, too.
func program(t *testing.T, servers string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), asProgram+"="+servers, "TMPDIR="+command.Dir, "ORCHESTRATE_SERVER="+os.Args[0], "ORCHESTRATE_DATA_DIR=")
	return command
}

// finish runs a program, and returns its exit status and what it has printed. It is to leave nothing in its folder.
func finish(t *testing.T, command *exec.Cmd, input string) (status int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &stdout, &stderr
	if ended, ok := errors.AsType[*exec.ExitError](command.Run()); ok {
		status = ended.ExitCode()
	}
	left, _ := filepath.Glob(command.Dir + "/orchestrate-*")
	if len(left) > 0 {
		t.Errorf("%v has left %q", command, left)
	}
	return status, stdout.String(), stderr.String()
}

func TestProgram(t *testing.T) {
	script := lines("joinServer 1", "joinClient 2 1", "put 2 k v", "get 2 k", "fly")
	if status, out, err := finish(t, program(t, "server"), script); status != 0 || out != "k:v\n" || !strings.HasPrefix(err, "orchestrate: line 5: \"fly\" is no command") ||
		!strings.Contains(err, "\norchestrate: 5 commands in ") {
		t.Errorf("status %d, printed %q and %q; want 0, the value, what is wrong, and how long it took", status, out, err)
	}
	if status, out, _ := finish(t, program(t, "server", "--strict"), script); status != 1 || out != "k:v\n" {
		t.Errorf("strict: status %d, printed %q; want 1, and the value", status, out)
	}
	command := program(t, "server", "script")
	if err := os.WriteFile(filepath.Join(command.Dir, "script"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := finish(t, command, "echo no"); status != 0 || out != "k:v\n" {
		t.Errorf("from a file: status %d, printed %q; want 0, and the value", status, out)
	}
	status, out, err := finish(t, program(t, "refusing"), script)
	if status != 0 || out != "" || !strings.HasPrefix(err, "orchestrate: line 1: the server 1 could not be started: it ended before it served (exit status 3); its log ends with:\n  the flag --id is not for me\n") {
		t.Errorf("a server that does not start: status %d, printed %q and %q; want what it logged", status, out, err)
	}
}

func TestProgram_misuse(t *testing.T) {
	for args, want := range map[string]string{
		"--servr x":                  "unknown flag --servr",
		"nothing":                    "open nothing: no such file or directory",
		"--server ./nothing":         `--server: exec: "./nothing"`,
		"--server":                   "a value is missing",
		"--data-dir /dev/null/x":     "/dev/null",
		"--data-dir broken --strict": "ids, line 1: \"one\" is no id",
	} {
		command := program(t, "server", strings.Fields(args)...)
		if err := errors.Join(os.Mkdir(filepath.Join(command.Dir, "broken"), 0o700), os.WriteFile(filepath.Join(command.Dir, "broken", "ids"), []byte("one\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if status, out, err := finish(t, command, ""); status != 2 || out != "" || !strings.Contains(err, want) {
			t.Errorf("orchestrate %s: status %d, printed %q and %q; want 2, and %q", args, status, out, err, want)
		}
	}
}

// TestProgram_noServer: what to do is said when there is no server's program to be found.
func TestProgram_noServer(t *testing.T) {
	command := program(t, "server")
	command.Env = append(command.Env, "ORCHESTRATE_SERVER=", "PATH=")
	if status, _, err := finish(t, command, "joinServer 1"); status != 2 || err != "orchestrate: there is no program gossipkv beside this one or in PATH; build it with go tool mage build, or name it with --server\n" {
		t.Errorf("status %d, said %q; want 2, and what to do", status, err)
	}
	beside := filepath.Join(command.Dir, "bin")
	if err := errors.Join(os.Mkdir(beside, 0o700), os.Symlink(os.Args[0], filepath.Join(beside, "gossipkv"))); err != nil {
		t.Fatal(err)
	}
	command = program(t, "server")
	command.Env = append(command.Env, "ORCHESTRATE_SERVER=", "PATH="+beside)
	if status, out, err := finish(t, command, lines("joinServer 1", "printStore 1", "echo 1")); status != 0 || out != "1\n" {
		t.Errorf("status %d, printed %q and %q; want that the one in PATH is found", status, out, err)
	}
}

// TestProgram_dataDir: the next run knows which number a server's id has.
func TestProgram_dataDir(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, script := range []string{lines("joinServer 10", "joinServer -20"), lines("joinServer -20", "joinServer 30")} {
		if status, _, err := finish(t, program(t, "server", "--data-dir", data), script); status != 0 {
			t.Errorf("status %d, said %q", status, err)
		}
	}
	ids, err := os.ReadFile(filepath.Join(data, "ids"))
	log, errLog := os.ReadFile(filepath.Join(data, "server-2.log"))
	if err := errors.Join(err, errLog); err != nil || string(ids) != "10\n-20\n30\n" || strings.Count(string(log), "serves") != 2 {
		t.Errorf("%v, the ids %q, and the log of number 2 %q; want all ids, and that -20 was it twice", err, ids, log)
	}
}

// TestProgram_signals: whatever ends it, the servers end too.
func TestProgram_signals(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		command := program(t, "server", "--data-dir", "data")
		input, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		io.WriteString(input, lines("joinServer 1", "echo ready"))
		if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
			t.Fatalf("printed %q, %v; want that it is ready", line, err)
		}
		command.Process.Signal(signal)
		ended, _ := errors.AsType[*exec.ExitError](command.Wait())
		if ended == nil || ended.ExitCode() != want {
			t.Errorf("after %v: %v; want status %d", signal, ended, want)
		}
		log, err := os.ReadFile(filepath.Join(command.Dir, "data", "server-1.log"))
		var pid int
		if _, errScan := fmt.Sscanf(string(log), "process %d serves", &pid); err != nil || errScan != nil || syscall.Kill(pid, 0) == nil {
			t.Errorf("after %v: %v, %v, process %d runs", signal, err, errScan, pid)
		}
		if left, _ := filepath.Glob(command.Dir + "/orchestrate-*"); len(left) > 0 {
			t.Errorf("after %v: left %q", signal, left)
		}
	}
}

// TestProgram_reader: nobody reads what it prints: it ends, and no signal ends it before the servers.
func TestProgram_reader(t *testing.T) {
	command := program(t, "server")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	var stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(lines("joinServer 1", "echo 1", "stabilize")), writer, &stderr
	ended, _ := errors.AsType[*exec.ExitError](command.Run())
	if left, _ := filepath.Glob(command.Dir + "/orchestrate-*"); ended == nil || ended.ExitCode() != 1 || len(left) > 0 || !strings.Contains(stderr.String(), "could not be printed") {
		t.Errorf("%v, left %q, said %q; want status 1, nothing, and why", ended, left, &stderr)
	}
}

func TestHelp(t *testing.T) {
	var out, err bytes.Buffer
	if status := run(context.Background(), []string{"--help"}, nil, &out, &err); status != 0 || err.Len() > 0 {
		t.Errorf("status %d, said %q", status, &err)
	}
	for _, want := range []string{"\n    joinServer S          start a server", "\n    put 10 color green\n", "--data-dir=FOLDER", "($ORCHESTRATE_SERVER)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help has no %q:\n%s", want, &out)
		}
	}
}
