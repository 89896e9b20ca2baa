package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/numstorepb"
	"numstore.example/tools/loadgen/internal/report"
)

// fake is a server of the contract that counts, and remembers nothing but which keys were set.
type fake struct {
	numstorepb.UnimplementedNumStoreServer
	mu            sync.Mutex
	sets          map[string]int64
	setNums, hits int
	fail          error  // what SetNum returns, if not nil
	called        func() // on each Fact, if not nil
}

func (f *fake) SetNum(_ context.Context, request *numstorepb.SetNumRequest) (*numstorepb.SetNumResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.setNums++
	f.sets[request.GetKey()] = request.GetValue()
	return &numstorepb.SetNumResponse{}, f.fail
}

func (f *fake) Fact(_ context.Context, request *numstorepb.FactRequest) (*numstorepb.FactResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.called != nil {
		f.called()
	}
	if _, exists := f.sets[request.GetKey()]; !exists {
		return &numstorepb.FactResponse{Error: "missing"}, nil
	}
	f.hits++
	return &numstorepb.FactResponse{Hit: true}, nil
}

// serve starts a fake on a free port of this machine.
func serve(t *testing.T, fail error) (_ *fake, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	fake := &fake{sets: make(map[string]int64), fail: fail}
	server := grpc.NewServer()
	numstorepb.RegisterNumStoreServer(server, fake)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return fake, port
}

// loadgen runs the program with arguments that are separated by blanks.
func loadgen(t *testing.T, args string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(t.Context(), strings.Fields(args), &out, &err)
	return status, out.String(), err.String()
}

func TestCourse(t *testing.T) {
	fake, port := serve(t, nil)
	status, stdout, stderr := loadgen(t, port+" --json --connections 2")
	var got report.Run
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != exitOK || stderr != "" {
		t.Fatalf("status %d, printed %q and %q (%v)", status, stdout, stderr, err)
	}
	if got.Requests != 800 || got.SetNums+got.Facts != 800 || got.SetNums != fake.setNums || got.Hits != fake.hits || got.Hits+got.Missing != got.Facts {
		t.Errorf("counted %+v; the server %d SetNums and %d hits", got, fake.setNums, fake.hits)
	}
	for key, value := range fake.sets {
		if value < 1 || value > 15 {
			t.Errorf("%s was set to %d; want 1 to 15", key, value)
		}
	}
	if len(fake.sets) > 100 {
		t.Errorf("%d keys; want at most 100", len(fake.sets))
	}
}

func TestCourse_text(t *testing.T) {
	_, port := serve(t, nil)
	status, stdout, stderr := loadgen(t, port)
	if status != exitOK || stderr != "" || !strings.HasPrefix(stdout, "8 workers x 100 requests to localhost:"+port+"\n  requests                  800\n") {
		t.Errorf("status %d, printed %q and %q", status, stdout, stderr)
	}
}

func TestCourse_failures(t *testing.T) {
	_, port := serve(t, status.Error(codes.OutOfRange, "too much"))
	status, stdout, stderr := loadgen(t, port+" --mix set=100 --workers 2 --requests 3")
	if status != exitFailed || !strings.Contains(stdout, "errors                    6\n") || stderr != "loadgen: 6 x OUT_OF_RANGE, such as: too much\n" {
		t.Errorf("status %d, printed %q and %q", status, stdout, stderr)
	}
}

func TestCourse_duration(t *testing.T) {
	fake, port := serve(t, nil)
	status, stdout, _ := loadgen(t, port+" --duration 50ms --mix set=100 --workers 3")
	if status != exitOK || fake.setNums == 0 || !strings.Contains(stdout, fmt.Sprintf("SetNum                    %d answered\n", fake.setNums)) {
		t.Errorf("status %d, the server counted %d SetNums, loadgen printed\n%s", status, fake.setNums, stdout)
	}
}

func TestMisuse(t *testing.T) {
	refused, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close() // nothing listens on its port any more
	for args, says := range map[string]string{
		"":                      "target",
		"abc":                   `"abc" is not a target`,
		"99999":                 `"99999" is not a target; it must be a port from 1 to 65535`,
		"0":                     `"0" is not a target`,
		"-5":                    "-5",
		refused.Addr().String(): "connection refused); is the server running?",
		"1 --workers 0":         "--workers is 0",
		"1 --requests 0":        "--requests is 0",
		"1 --duration=-1s":      "--duration is -1s",
		"1 --timeout 0s":        "--timeout is 0s",
		"1 --keys 0":            "--keys is 0",
		"1 --mix set=1":         "add up to 1",
		"1 --values 5..1":       `"5..1"`,
		"1 --frob":              "--frob",
		"1 2":                   "2",
		refused.Addr().String() + " --connections 0": "--connections is 0",
	} {
		status, stdout, stderr := loadgen(t, args)
		if status != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "loadgen: ") || !strings.Contains(stderr, says) {
			t.Errorf("loadgen %s: status %d, printed %q and %q; want status 2 and one line that says %s", args, status, stdout, stderr, says)
		}
	}
}
