package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
)

func TestPipe(t *testing.T) {
	const script = `PUT a 1
PUT a one two
GET a
GET b
SWAP b 2
SWAP b 
GET b
DELETE c
PUT c 3
SCAN a b
SCAN b a
SCAN x y
DELETE c
DELETE c
`
	const answers = `PUT a not_found
PUT a found
GET a one two
GET b null
SWAP b null
SWAP b 2
GET b 
DELETE c not_found
PUT c not_found
SCAN a b BEGIN
  a one two
  b 
SCAN END
SCAN b a BEGIN
SCAN END
SCAN x y BEGIN
SCAN END
DELETE c found
DELETE c not_found
STOP
`
	for _, end := range []string{"", "STOP\n", "STOP", "STOP\nPUT never v\n"} {
		f := newService()
		check(t, serve(t, f), []step{{args: "pipe", input: script + end, stdout: answers}})
		if f.Lookup("never") != nil {
			t.Error("a line after STOP was executed")
		}
	}
}

// TestPipe_blanks: several blanks between words are one, as programs write them that line their words up.
func TestPipe_blanks(t *testing.T) {
	check(t, serve(t, newService()), []step{{
		args: "pipe", input: "PUT    a   one  two \nGET    a\nGET a  \nSWAP   a   3\nSCAN   a  a \nDELETE a \nSTOP  \nGET a\n",
		stdout: "PUT a not_found\nGET a one  two \nGET a one  two \nSWAP a one  two \nSCAN a a BEGIN\n  a 3\nSCAN END\nDELETE a found\nSTOP\n",
	}})
}

// TestPipe_refused: lines that cannot be answered otherwise are answered with ERROR, and do not disturb others.
func TestPipe_refused(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("lines"), []byte("two\nlines"))
	f.Set([]byte("a key"), nil)
	for _, line := range []string{"nonsense", "", "PUT k", "PUT refused v", "GET lines", "SWAP lines v", "SCAN lines lines", "SCAN a z", "PUT k crlf\r", strings.Repeat("x", 1<<20)} {
		f.Set([]byte("lines"), []byte("two\nlines"))
		before := found(f.Lookup("k") != nil)
		status, stdout, stderr := kv("PUT k v\n"+line+"\nGET k", flag, "pipe")
		answers := strings.Split(stdout, "\n")
		if status != exitFailed || len(answers) != 5 || answers[0] != "PUT k "+before || !strings.HasPrefix(answers[1], "ERROR line 2: ") ||
			answers[2] != "GET k v" || answers[3] != "STOP" || !strings.Contains(stderr, "ERROR: 1") {
			t.Errorf("%.40q: status %d, %.500q, %q", line, status, stdout, stderr)
		}
	}
}

func found(existed bool) string { return string(existence(existed)) }

// TestPipe_hex: with digits, everything can be said.
func TestPipe_hex(t *testing.T) {
	check(t, serve(t, newService()), []step{{
		args: "pipe --hex", input: "PUT 20 0a\nGET 20\nSCAN 20 20\nGET 21\n",
		stdout: "PUT 20 not_found\nGET 20 0a\nSCAN 20 20 BEGIN\n  20 0a\nSCAN END\nGET 21 null\nSTOP\n",
	}})
}

func TestPipe_longLines(t *testing.T) {
	value := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	check(t, serve(t, newService()), []step{{
		args: "pipe", input: "PUT k " + value + "\nGET k\nSCAN k k\n",
		stdout: "PUT k not_found\nGET k " + value + "\nSCAN k k BEGIN\n  k " + value + "\nSCAN END\nSTOP\n",
	}})
}

// TestPipe_atOnce: every answer comes before the next call is made.
func TestPipe_atOnce(t *testing.T) {
	flag := serve(t, newService())
	in, calls := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan int)
	go func() {
		var stderr strings.Builder
		status := run([]string{"pipe", flag}, in, out, &stderr)
		out.Close()
		ended <- status
	}()
	lines := bufio.NewScanner(answers)
	for i := range 3 {
		fmt.Fprintf(calls, "SWAP k %d\n", i)
		want := fmt.Sprintf("SWAP k %d", i-1)
		if i == 0 {
			want = "SWAP k null"
		}
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("got %q; want %q", lines.Text(), want)
		}
	}
	calls.Close()
	if lines.Scan(); lines.Text() != "STOP" {
		t.Errorf("got %q; want STOP", lines.Text())
	}
	if status := <-ended; status != exitOK {
		t.Errorf("status %d", status)
	}
}

// TestPipe_broken: a SCAN that breaks after its beginning ends with ERROR, or with the pipe.
func TestPipe_broken(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("a"), []byte("1"))
	f.Set([]byte("b"), []byte("two\nlines"))
	check(t, flag, []step{{args: "pipe", input: "SCAN a z\nGET a\n", status: 1, stderr: "ERROR: 1",
		stdout: "SCAN a z BEGIN\n  a 1\nERROR line 1: the SCAN had begun: " + errUnprintable.Error() + "\nGET a 1\nSTOP\n"}})
	f.Set([]byte("b"), nil)
	f.scanned = status.Error(codes.Internal, "no\nmore")
	check(t, flag, []step{{args: "pipe", input: "SCAN a z\nGET a\n", status: 1, stderr: "ERROR: 1",
		stdout: "SCAN a z BEGIN\n  a 1\n  b \nERROR line 1: the SCAN had begun: no more (Internal)\nGET a 1\nSTOP\n"}})
	f.scanned = status.Error(codes.Unavailable, "stopping")
	check(t, flag, []step{{args: "pipe --timeout 1s", input: "SCAN y z\nGET a\n", status: 3, stderr: "stopping"}})
}

func TestPipe_unreachable(t *testing.T) {
	check(t, nobody, []step{{args: "pipe --timeout 100ms", input: "GET a\nGET b\n", status: 3, stderr: "line 1: "}})
}

// TestPipe_restart: a server that is not there yet is waited for.
func TestPipe_restart(t *testing.T) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	newService().Register(server, "", new(inprocess.Server))
	defer server.Stop()
	go func() {
		for range 3 { // connections that a server has, who is not ready
			if conn, err := listener.Accept(); err == nil {
				conn.Close()
			}
		}
		server.Serve(listener)
	}()
	check(t, "--servers="+listener.Addr().String(), []step{{args: "pipe", input: "PUT k v\n", stdout: "PUT k not_found\nSTOP\n"}})
}
