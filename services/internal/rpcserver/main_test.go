package rpcserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"
)

// testFlags are a service's own flags.
type testFlags struct {
	Size int `default:"3" help:"A setting (default ${default})."`
}

func (f *testFlags) Validate() error {
	if f.Size < 1 {
		return fmt.Errorf("--size is %d; it must be at least 1", f.Size)
	}
	return nil
}

func testProgram() Program {
	return Program{
		Name: "testd", Summary: "Does nothing.", Contract: wrapperspb.File_google_protobuf_wrappers_proto,
		Addr: "127.0.0.1:0", Workers: 4, Queue: 10, MaxMessage: 4 << 20,
		Flags: new(testFlags),
		Open: func(_ context.Context, server *Server) (Service, error) {
			server.RegisterService(testService(answer), nil)
			return Service{}, nil
		},
	}
}

func TestProgram_misuse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	for _, test := range []struct {
		args string
		says []string
	}{
		{"--workers=0", []string{"--workers is 0", "at least 1"}},
		{"--workers=-3", []string{"--workers is -3"}},
		{"--workers=many", []string{"--workers", `"many"`}},
		{"--queue=-1", []string{"--queue is -1", "at least 0"}},
		{"--max-message=0", []string{"--max-message is 0"}},
		{"--max-streams=0", []string{"--max-streams is 0"}},
		{"--max-connections=0", []string{"--max-connections is 0"}},
		{"--max-idle=-1s", []string{"--max-idle is -1s"}},
		{"--keepalive=1ms", []string{"--keepalive is 1ms", "at least 1s"}},
		{"--stop-timeout=-1s", []string{"--stop-timeout is -1s"}},
		{"--tls-cert=x", []string{"--tls-key"}},
		{"--tls-client-ca=x", []string{"--tls-cert"}},
		{"--tls-cert=/no/cert --tls-key=/no/key", []string{"--tls-cert /no/cert", "no such file"}},
		{"--http-addr=nonsense", []string{"--http-addr", "nonsense", "HOST:PORT"}},
		{"--allow-cn=app", []string{"--allow-cn needs --tls-client-ca"}},
		{"--client-token-file=/no/file", []string{"--client-token-file", "/no/file"}},
		{"--pprof", []string{"--pprof needs --http-addr"}},
		{"--addr=unix:", []string{"--addr", "unix:", "path of a socket"}},
		{"--addr=unix://host/path", []string{"unix://host/path", "absolute path"}},
		{"--addr=unix:/no/such/folder/s", []string{"--addr", "unix:/no/such/folder/s", "no such file"}},
		{"--addr=unix:/" + strings.Repeat("x", 200), []string{"201 bytes", "at most"}},
		{"--http-addr=unix:/dev/null", []string{"--http-addr", "/dev/null", "is no socket"}},
		{"--log-format=yaml", []string{"--log-format", "yaml"}},
		{"--log-level=loud", []string{"--log-level", "loud"}},
		{"--size=0", []string{"--size is 0"}},
		{"--frob", []string{"--frob"}},
		{"frob", []string{"frob"}},
		{"--addr=nonsense", []string{"nonsense", "HOST:PORT"}},
		{"--addr=:", []string{"--addr", "port is missing"}},
		{"--addr=localhost:", []string{"--addr", "port is missing"}},
		{"--http-addr=:", []string{"--http-addr", "port is missing"}},
		{"--addr=:99999", []string{"99999"}},
		{"--addr=" + taken.Addr().String(), []string{taken.Addr().String(), "in use", "--addr"}},
	} {
		var stdout, stderr strings.Builder
		status := testProgram().run(t.Context(), strings.Fields(test.args), &stdout, &stderr)
		said := stderr.String()
		if status != exitMisuse || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "testd: ") || stdout.Len() != 0 {
			t.Errorf("%s: status %d, printed %q and %q; want status 2 and one line on standard error", test.args, status, stdout.String(), said)
		}
		for _, want := range test.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q does not say %q", test.args, said, want)
			}
		}
	}
}

// TestProgram_verb: a verb of the service's own gets its flags and those of the service, and ends the program as it says.
func TestProgram_verb(t *testing.T) {
	for args, want := range map[string]struct {
		status            int
		prints, complains string
	}{
		"mend --size=5 --part=a": {exitOK, "a of 5", ""},
		"mend --part=b":          {exitFailed, "", "b is broken"},
		"mend":                   {exitMisuse, "", "which part"},
		"mend --frob":            {exitMisuse, "", "--frob"},
		"mend --size=0":          {exitMisuse, "", "--size is 0"},
		"--part=a":               {exitMisuse, "", "--part"},
	} {
		program, own, verbs := testProgram(), new(testFlags), new(struct{ Part string })
		program.Flags = own
		program.Verbs = []Verb{{Name: "mend", Help: "Mends.", Flags: verbs, Run: func(_ context.Context, _ *slog.Logger, out io.Writer) error {
			switch verbs.Part {
			case "":
				return Misuse(errors.New("which part"))
			case "b":
				return errors.New("b is broken")
			}
			fmt.Fprintf(out, "%s of %d", verbs.Part, own.Size)
			return nil
		}}}
		var stdout, stderr strings.Builder
		status := program.run(t.Context(), strings.Fields(args), &stdout, &stderr)
		if status != want.status || stdout.String() != want.prints || !strings.Contains(stderr.String(), want.complains) || (stderr.Len() > 0) != (want.complains != "") {
			t.Errorf("%s: status %d, printed %q and %q; want %+v", args, status, stdout.String(), stderr.String(), want)
		}
	}
}

func TestProgram_help(t *testing.T) {
	var stdout strings.Builder
	if status := testProgram().run(t.Context(), []string{"--help"}, &stdout, io.Discard); status != exitOK {
		t.Errorf("status %d", status)
	}
	help := strings.Join(strings.Fields(stdout.String()), " ") // lines are broken anywhere
	for _, want := range []string{"Does nothing.", "--workers", "(default 4)", "$TESTD_WORKERS", "--size", "$TESTD_SIZE", "healthcheck"} {
		if !strings.Contains(help, want) {
			t.Errorf("--help does not say %q:\n%s", want, stdout.String())
		}
	}
}

// TestProgram_life goes through the life of a process: the ready line, a health check by the
// program's own verb, settings from the environment, the end by a signal.
func TestProgram_life(t *testing.T) {
	t.Setenv("TESTD_ADDR", "localhost:0")
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, ready := io.Pipe()
	status := make(chan int, 1)
	program, opened := testProgram(), make(chan string, 1)
	open := program.Open
	program.Open = func(ctx context.Context, server *Server) (Service, error) {
		opened <- server.Addr().String()
		return open(ctx, server)
	}
	go func() { status <- program.run(ctx, nil, ready, io.Discard) }()

	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "testd listening on ")
	if err != nil || !found || strings.HasSuffix(addr, ":0") {
		t.Fatalf("the ready line is %q, %v; want the real address", line, err)
	}
	if told := <-opened; told != addr {
		t.Errorf("the service was told that it listens on %s; want %s", told, addr)
	}
	if err := healthcheck(t, addr); err != nil {
		t.Errorf("while it serves: %v", err)
	}
	interrupt()
	if got := <-status; got != exitOK {
		t.Errorf("status %d after the signal; want 0", got)
	}
	if err := healthcheck(t, addr); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("after the end: %v; want connection refused", err)
	}
}

// healthcheck runs the verb and returns what it complained of.
func healthcheck(t *testing.T, addr string) error {
	var stderr strings.Builder
	if status := testProgram().run(t.Context(), []string{"healthcheck", "--addr", addr}, io.Discard, &stderr); status != exitOK {
		return errors.New(stderr.String())
	}
	return nil
}
