package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/numstorepb"
)

// ledger is a server of the contract for values up to 20. If it is careless, its first two updates read
// and write the total outside of the lock, at the same time.
type ledger struct {
	numstorepb.UnimplementedNumStoreServer
	careless bool
	meet     chan struct{} // two careless updates meet here

	mu      sync.Mutex
	values  map[string]int64
	total   int64
	updates int
}

func (l *ledger) SetNum(ctx context.Context, request *numstorepb.SetNumRequest) (*numstorepb.SetNumResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change := request.GetValue() - l.values[request.GetKey()]
	l.values[request.GetKey()] = request.GetValue()
	l.updates++
	total := l.total + change
	if l.careless && l.updates <= 2 {
		l.mu.Unlock()
		select {
		case l.meet <- struct{}{}:
		case <-l.meet:
		case <-ctx.Done():
		}
		l.mu.Lock()
	}
	l.total = total
	return &numstorepb.SetNumResponse{Total: total}, nil
}

func (l *ledger) Fact(_ context.Context, request *numstorepb.FactRequest) (*numstorepb.FactResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	value, exists := l.values[request.GetKey()]
	if !exists {
		return &numstorepb.FactResponse{Error: "missing"}, nil
	}
	factorial := int64(1)
	for ; value > 1; value-- {
		factorial *= value
	}
	return &numstorepb.FactResponse{Value: factorial}, nil
}

// TestCheck_recorded records the history of a server that is right, and of one that is careless, and
// checks both.
func TestCheck_recorded(t *testing.T) {
	for careless, verdict := range map[bool]string{false: "linearizable: 600 operations of ", true: "NOT linearizable: 600 operations of "} {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		numstorepb.RegisterNumStoreServer(server, &ledger{careless: careless, meet: make(chan struct{}), values: make(map[string]int64)})
		go server.Serve(listener)
		t.Cleanup(server.Stop)

		file, picture := filepath.Join(t.TempDir(), "history"), filepath.Join(t.TempDir(), "picture.html")
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		code, stdout, stderr := loadgen(t, "run "+port+" --clients 4 --keys 8 --mix set=80,fact=20 --duration 1h --history-limit 600 --history "+file)
		if code != exitOK {
			t.Fatalf("status %d, printed\n%s\nand %q", code, stdout, stderr)
		}
		code, stdout, stderr = loadgen(t, "check "+file+" --html "+picture)
		if (code == exitOK) == careless || code > exitFailed || stderr != "" || !strings.HasPrefix(stdout, verdict) || strings.Count(stdout, "\n") != 1 {
			t.Errorf("careless %v: status %d, printed %q and %q; want %s", careless, code, stdout, stderr, verdict)
		}
		if html, err := os.ReadFile(picture); err != nil || !strings.Contains(string(html), "SetNum(key") {
			t.Errorf("the picture has %d bytes (%v) and shows no SetNum", len(html), err)
		}
	}
}

// TestCheck_unknown: no verdict is no success. Forty writes of unknown outcome can be ordered in more ways
// than can be tried.
func TestCheck_unknown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	text := `{"client":99,"call":"SetNum","key":"k","value":"0","answer":"-1","start":2,"end":3}` + "\n"
	for i := range 40 {
		text += fmt.Sprintf(`{"client":%d,"call":"SetNum","key":"k%d","value":"%d","failure":"UNAVAILABLE","start":0,"end":1}`+"\n", i, i, 1<<i)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := loadgen(t, "check --timeout 50ms "+file)
	if code != exitFailed || stderr != "" || !strings.HasPrefix(stdout, "unknown (the checker ran out of time): 41 operations of ") || !strings.Contains(stdout, "(40 writes of unknown outcome; 0 calls without visible effect left out)") {
		t.Errorf("status %d, printed %q and %q", code, stdout, stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	if code := run(ctx, []string{"check", "--timeout", "2s", file}, &out, &errs); code != exitFailed || !strings.HasPrefix(out.String(), "unknown (interrupted)") {
		t.Errorf("interrupted: status %d, printed %q and %q", code, out.String(), errs.String())
	}
}

func TestCheck_misuse(t *testing.T) {
	write := func(text string) string {
		file := filepath.Join(t.TempDir(), "history")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := `{"client":0,"call":"Fact","key":"a","answer":"error","start":0,"end":1}`
	for args, says := range map[string]string{
		"":                "file",
		"/does/not/exist": "/does/not/exist: no such file",
		write(""):         "is not a history of loadgen: it is empty",
		write("text"):     "is not a history of loadgen: line 1: ",
		write(strings.Replace(good, "Fact", "Get", 1)): `is not a history of numstore (see --service): line 1: the call is "Get"`,
		write(good) + " --timeout 0s":                  "--timeout is 0s; it must be above 0",
		write(good) + " --service redis":               "--service",
		write(good) + " --html /none/x":                "--html: open /none/x",
	} {
		code, stdout, stderr := loadgen(t, "check "+args)
		if code != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "loadgen: ") || !strings.Contains(stderr, says) {
			t.Errorf("loadgen check %s: status %d, printed %q and %q; want status 2 and one line that says %s", args, code, stdout, stderr, says)
		}
	}
}
