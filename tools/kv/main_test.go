package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram makes this test's program kv itself.
const asProgram = "KV_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program returns a kv of its own process, in an environment that has no proxy and nothing of kv but what is given.
func program(t *testing.T, environment []string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(strings.ToUpper(variable), "="); !strings.HasSuffix(name, "_PROXY") && !strings.HasPrefix(name, "KV_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(append(command.Env, asProgram+"=1"), environment...)
	return command
}

// TestProxy: when a proxy is in between, the error says so, and how to go around it.
func TestProxy(t *testing.T) {
	proxied := []string{"HTTPS_PROXY=http://user:secret@127.0.0.1:1"}
	for _, args := range []string{"get k", "scan", "stat", "compact"} {
		output, err := program(t, proxied, append(strings.Fields(args), "--servers=kv.example:6000", "--timeout=300ms")...).CombinedOutput()
		if err == nil || !strings.Contains(string(output), "connections with kv.example:6000 go through the proxy 127.0.0.1:1 that HTTPS_PROXY names; NO_PROXY=kv.example goes around it") ||
			strings.Contains(string(output), "secret") {
			t.Errorf("kv %s: %v, printed %q; want that it names the proxy, and not its password", args, err, output)
		}
	}
	_, address, _ := strings.Cut(serve(t, newService()), "=")
	if output, err := program(t, append(proxied, "KV_SERVERS="+address), "put", "k", "v").CombinedOutput(); err != nil {
		t.Errorf("a server of this machine: %v, printed %q; want no proxy in between", err, output)
	}
}
