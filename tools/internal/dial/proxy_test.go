package dial

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The environment is read once in the life of a process, so that each of these tests is one.

// helper is set for the process that is to connect.
const helper = "DIAL_TEST_TARGET"

// TestProxy_helper connects with a target, makes a call, and prints what went wrong.
func TestProxy_helper(t *testing.T) {
	text := os.Getenv(helper)
	if text == "" {
		t.Skip("it is for the tests below")
	}
	addr, err := Target(text)
	if err == nil {
		conns, errConnect := Connect(t.Context(), addr, testOptions)
		if err = errConnect; err == nil {
			err = check(t.Context(), conns[0])
			Close(conns)
		}
	}
	fmt.Println("outcome:", err)
}

// through returns what the helper prints in an environment.
func through(t *testing.T, target string, environment ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestProxy_helper$", "-test.v")
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(strings.ToUpper(variable), "="); !strings.HasSuffix(name, "_PROXY") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(append(command.Env, helper+"="+target), environment...)
	output, err := command.CombinedOutput()
	_, outcome, found := strings.Cut(string(output), "outcome: ")
	if err != nil || !found {
		t.Fatalf("%v: %s", err, output)
	}
	outcome, _, _ = strings.Cut(outcome, "\n")
	return outcome
}

// relay is a proxy that connects every host with one address, or refuses if that is empty.
func relay(t *testing.T, to string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			go forward(conn, to)
		}
	}()
	return listener.Addr().String()
}

func forward(conn net.Conn, to string) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	if request, err := http.ReadRequest(reader); err != nil || request.Method != http.MethodConnect {
		return
	}
	server, err := net.Dial("tcp", to)
	if err != nil {
		io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\n\r\n")
		return
	}
	defer server.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go io.Copy(server, reader)
	io.Copy(conn, server)
}

func TestProxy(t *testing.T) {
	server := listen(t, nil)
	_, port, _ := net.SplitHostPort(server)
	silent := "127.0.0.1:1" // nothing listens there
	forbidding, good := relay(t, silent), relay(t, server)
	const name = "kv.example:6000" // nobody has it
	for _, test := range []struct {
		target      string
		environment []string
		says        []string
	}{
		{name, []string{"HTTPS_PROXY=http://" + good}, []string{"<nil>"}}, // where only the proxy is reached, too
		{name, []string{"https_proxy=http://" + silent}, []string{"nothing answers on " + silent, "connections with " + name + " go through the proxy " + silent + " that https_proxy names; NO_PROXY=kv.example goes around it"}},
		{name, []string{"HTTPS_PROXY=http://user:secret@" + forbidding}, []string{"the proxy is there, but no gRPC connection came about", "403 Forbidden", "go through the proxy " + forbidding + " that HTTPS_PROXY names"}},
		{"localhost:" + port, []string{"HTTPS_PROXY=http://" + silent}, []string{"<nil>"}},
		{"127.0.0.1:" + port, []string{"HTTPS_PROXY=http://" + silent, "HTTP_PROXY=http://" + silent, "ALL_PROXY=http://" + silent}, []string{"<nil>"}},
		{name, []string{"HTTPS_PROXY=http://" + silent, "NO_PROXY=kv.example"}, []string{"nothing answers on " + name, "is the server running?"}},
		{"unix:/none", []string{"HTTPS_PROXY=http://" + silent}, []string{"there is no socket /none"}},
	} {
		outcome := through(t, test.target, test.environment...)
		for _, says := range test.says {
			if !strings.Contains(outcome, says) || strings.Contains(outcome, "secret") {
				t.Errorf("%s with %q: %s; want that it says %q, and nothing of a password", test.target, test.environment, outcome, says)
			}
		}
	}
}
