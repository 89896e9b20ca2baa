package main

import (
	"context"
	"math"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// quick makes steps short.
const quick = " --duration 300ms --warmup 10ms --label two"

func TestRun_closed(t *testing.T) {
	fake, port := serve(t, nil)
	file := filepath.Join(t.TempDir(), "out.json")
	code, stdout, stderr := loadgen(t, "run "+port+" --clients 1,3 --connections 2 --distribution zipf --out "+file+quick)
	lines := strings.Split(stdout, "\n")
	if code != exitOK || len(lines) != 4 || !strings.HasPrefix(lines[1], "  1 client ") || !strings.HasPrefix(lines[2], "  3 clients ") {
		t.Fatalf("status %d, printed\n%s\nand %q", code, stdout, stderr)
	}
	if !strings.HasPrefix(stderr, "loadgen: step 1 of 2, 1 client: ") || strings.Count(stderr, "\n") != 2 {
		t.Errorf("printed beside: %q; want a line for each step", stderr)
	}
	run, err := result.Open(file)
	if err != nil || len(run.Steps) != 2 {
		t.Fatalf("%+v, %v; want two steps", run, err)
	}
	step := run.Steps[1]
	if step.Clients != 3 || len(step.Intervals) != 1 || step.Intervals[0].Step != 1 || step.Answered() == 0 || step.Calls["SetNum"] == 0 || step.Marks["hit"]+step.Marks["error"] != step.Calls["Fact"] {
		t.Errorf("%+v; want what 3 clients did", step)
	}
	if sets := run.Steps[0].Calls["SetNum"] + step.Calls["SetNum"]; sets > int64(fake.setNums) {
		t.Errorf("counted %d SetNums; the server %d", sets, fake.setNums)
	}
	header := run.Header
	if header.Service != "numstore" || header.Target != "localhost:"+port || header.Parameters["mix"] != "set=50,fact=50" || header.Parameters["skew"] != "0.99" || header.Parameters["seed"] == "0" {
		t.Errorf("the header is %+v", header)
	}
}

// TestRun_requests: each client makes as many calls as asked, and there is no warm-up.
func TestRun_requests(t *testing.T) {
	fake, port := serve(t, nil)
	file := filepath.Join(t.TempDir(), "out.json")
	code, stdout, stderr := loadgen(t, "run "+port+" --clients 1,3 --requests 50 --mix set=100 --out "+file)
	run, err := result.Open(file)
	if err != nil || code != exitOK || len(run.Steps) != 2 || fake.setNums != 200 || strings.Contains(stdout, "cut short") {
		t.Fatalf("status %d, %+v, %v, the server counted %d SetNums; printed\n%s\nand %q; want 200 in two steps", code, run, err, fake.setNums, stdout, stderr)
	}
	for i, want := range []int64{50, 150} {
		step := run.Steps[i]
		if rate := float64(want) / step.Seconds; step.Answered() != want || math.Abs(step.Throughput-rate) > 1e-6*rate {
			t.Errorf("%+v; want %d calls in %v s", step, want, step.Seconds)
		}
	}
	p := run.Header.Parameters
	if _, lasts := p["duration"]; lasts || p["requests"] != "50" || p["warmup"] != "0s" {
		t.Errorf("the parameters are %v; want requests, and no duration", p)
	}
}

func TestRun_open(t *testing.T) {
	_, port := serve(t, nil)
	code, stdout, _ := loadgen(t, "run "+port+" --rate 100 --mix fact=100 --duration 100ms --warmup 0s")
	if code != exitOK || !strings.Contains(stdout, "\n  100 calls/s ") {
		t.Errorf("status %d, printed\n%s", code, stdout)
	}
}

func TestRun_failures(t *testing.T) {
	_, port := serve(t, status.Error(codes.OutOfRange, "too much"))
	file := filepath.Join(t.TempDir(), "out.json")
	code, stdout, _ := loadgen(t, "run "+port+" --clients 1 --mix set=100 --out "+file+quick)
	if code != exitFailed || !strings.Contains(stdout, " x OUT_OF_RANGE, such as: too much\n") {
		t.Errorf("status %d, printed\n%s", code, stdout)
	}
	if run, err := result.Open(file); err != nil || run.Steps[0].Errors["OUT_OF_RANGE"] == 0 {
		t.Errorf("the file has %+v, %v", run, err)
	}
}

// TestRun_interrupted: what was measured until then is printed and written, and the rest is left out.
func TestRun_interrupted(t *testing.T) {
	fake, port := serve(t, nil)
	ctx, interrupt := context.WithCancel(t.Context())
	fake.called = interrupt
	file := filepath.Join(t.TempDir(), "out.json")
	var stdout, stderr strings.Builder
	code := run(ctx, strings.Fields("run "+port+" --clients 2,4 --duration 1h --warmup 0s --out "+file), &stdout, &stderr)
	if code != exitOK || !strings.Contains(stdout.String(), "2 clients: cut short after 0.0 s (interrupted)\n") || !strings.Contains(stderr.String(), "1 of 2 steps were left out\n") {
		t.Errorf("status %d, printed\n%s\nand %q", code, stdout.String(), stderr.String())
	}
	if run, err := result.Open(file); err != nil || len(run.Steps) != 1 || run.Steps[0].CutShort != "interrupted" {
		t.Errorf("the file has %+v, %v", run, err)
	}
}

func TestRun_history(t *testing.T) {
	fake, port := serve(t, nil)
	file := filepath.Join(t.TempDir(), "history")
	code, stdout, stderr := loadgen(t, "run "+port+" --clients 2,3 --prefix mine --duration 1h --history-limit 50 --history "+file)
	if code != exitOK || !strings.Contains(stdout, "(the history is full)\n") || !strings.Contains(stderr, "1 of 2 steps were left out\n") {
		t.Errorf("status %d, printed\n%s\nand %q", code, stdout, stderr)
	}
	operations, err := history.Open(file)
	if err != nil || len(operations) != 50 {
		t.Fatalf("%d operations, %v; want 50", len(operations), err)
	}
	sets := 0
	for _, o := range operations {
		if o.Call == "SetNum" {
			sets++
		}
		if o.Client > 1 || !strings.HasPrefix(o.Key, "mine") || (o.Call == "SetNum") != (o.Value != "") || o.End <= o.Start {
			t.Errorf("operation %+v", o)
		}
	}
	if sets != fake.setNums {
		t.Errorf("%d SetNums; the server counted %d", sets, fake.setNums)
	}
	if strings.Contains(stderr, "may run out of time") {
		t.Errorf("3 clients: printed %q", stderr)
	}
	for _, load := range []string{"--clients 2,17", "--rate 100"} {
		if code, _, stderr := loadgen(t, "run "+port+" --history-limit 1 --history "+file+" "+load); code != exitOK || !strings.Contains(stderr, "may run out of time") {
			t.Errorf("%s: status %d, printed %q; want a warning", load, code, stderr)
		}
	}
}

func TestRun_misuse(t *testing.T) {
	_, port := serve(t, nil)
	refused, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close() // nothing listens on its port any more
	for args, says := range map[string]string{
		"":                                      "target",
		"abc":                                   `"abc" is not a target`,
		refused.Addr().String():                 "connection refused); is the server running?",
		"1 --clients 1,0":                       "--clients has 0; it must be 1 to 100000",
		"1 --clients x":                         "--clients",
		"1 --rate 0":                            "--rate has 0; it must be 1 to 10000000",
		"1 --rate 1.5":                          "--rate",
		"1 --rate 1 --clients 1":                "exclude each other",
		"1 --rate 1 --requests 1":               "--requests and --rate exclude each other",
		"1 --requests 1 --duration 5s":          "--requests and --duration exclude each other",
		"1 --requests 0":                        "--requests is 0; it must be 1 to 1000000000",
		"1 --requests=-1":                       "--requests is -1; it must be",
		"1 --requests 1000000001":               "--requests is 1000000001; it must be",
		"1 --requests 1 --warmup=-1s":           "--warmup is -1s; it must not be negative",
		"1 --max-in-flight 0":                   "--max-in-flight is 0; it must be at least 1",
		"1 --duration 0s":                       "--duration is 0s; it must be above 0",
		"1 --warmup=-1s":                        "--warmup is -1s; it must not be negative",
		"1 --timeout 0s":                        "--timeout is 0s; it must be above 0",
		"1 --history-limit 0":                   "--history-limit is 0; it must be at least 1",
		"1 --keys 0":                            "--keys is 0; it must be at least 1",
		"1 --distribution normal":               "--distribution",
		"1 --skew=0 --distribution zipf":        "--skew is 0; it must be above 0",
		"1 --mix set=1":                         "add up to 1",
		"1 --values 5..1":                       `"5..1"`,
		"1 --mix get=100":                       `--mix has "get"; it may have set, fact`,
		"1 --service raftkv --mix set=100":      `--mix has "set"; it may have get, put, append, delete, cas`,
		"1 --value-size=-1":                     "--value-size is -1; it must be 0 to 16777216",
		"1 --value-size 1..20000000":            "--value-size is 1..20000000; it must be 0 to 16777216",
		"1 --value-size 1025 --history /none/x": "--value-size is 1025; with --history it must be at most 1024",
		"1 --any":                               "--any is for services that have a leader for each key; numstore has none",
		"1 --service raftkv --any --unary":      "--any and --unary exclude each other",
		"1 --ring":                              "--ring is for raftkv, whose servers may each have some of the keys; those of numstore may not",
		"1 --service gossipkv --ring":           "those of gossipkv may not",
		port + "," + port + " --service raftkv --ring": "is there twice; a ring has each server once",
		"1 --fill --history /none/x":                   "--fill and --history exclude each other",
		"1 --service etcd":                             "--service",
		"1 --connections 0":                            "--connections is 0",
		"1 --label a\xff":                              `--label is "a\xff"; it must be text in UTF-8`,
		"unix:\xff":                                    `the target is "unix:\xff"; it must be text in UTF-8`,
		"1 --prefix \xfe":                              `--prefix is "\xfe"; it must be text in UTF-8`,
		port + " --out /none/x":                        "--out: open /none/x: no such file",
		port + " --history /none/x":                    "--history: open /none/x: no such file",
	} {
		code, stdout, stderr := loadgen(t, "run "+args)
		if code != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "loadgen: ") || !strings.Contains(stderr, says) {
			t.Errorf("loadgen run %s: status %d, printed %q and %q; want status 2 and one line that says %s", args, code, stdout, stderr, says)
		}
	}
}
