package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asServer makes this test's program a server that behaves as its value says.
const asServer = "FLEET_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	switch os.Getenv(asServer) {
	case "":
		os.Exit(m.Run())
	case "parent":
		parent()
	case "refuses":
		fmt.Fprint(os.Stderr, strings.Repeat("an old line\n", 1000), "no such flag\nsee --help\n")
		os.Exit(3)
	case "babbles":
		fmt.Println("hello")
	case "serves":
		fmt.Fprintln(os.Stderr, strings.Join(os.Args[1:], " "), os.Getenv("GOSSIPKV_ADDR"))
		fmt.Println("gossipkv listening on 127.0.0.1:4711")
		fmt.Print(strings.Repeat("more than a pipe holds\n", 10000))
		fmt.Fprintln(os.Stderr, "all is said")
	}
	select {}
}

// parent is a process with a fleet of one server, whose number it prints.
func parent() {
	os.Setenv(asServer, "serves")
	f, err := Open(os.Args[0], os.Getenv("TMPDIR"), "")
	if err != nil {
		panic(err)
	}
	s, err := f.Start(context.Background(), 1)
	if err != nil {
		panic(err)
	}
	for !strings.HasSuffix(s.LogEnd(), "all is said") { // or it would end of what it cannot print
		time.Sleep(time.Millisecond)
	}
	fmt.Println(s.PID())
}

// open returns a fleet of servers that behave in this way.
func open(t *testing.T, behaviour, data string) *Fleet {
	t.Helper()
	t.Setenv(asServer, behaviour)
	t.Setenv("GOSSIPKV_ADDR", ":1")
	f, err := Open(os.Args[0], t.TempDir(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute, not yet: %s", what)
		}
	}
}

func TestFleet(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	f := open(t, "serves", data)
	s, err := f.Start(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if s.Address() != "127.0.0.1:4711" {
		t.Errorf("its address is %q; want what it printed", s.Address())
	}
	await(t, "what it prints after that is taken", func() bool { return strings.HasSuffix(s.LogEnd(), "  all is said") })
	folder := filepath.Join(data, "server-7")
	want := fmt.Sprintf("--id 7 --addr 127.0.0.1:0 --data-dir %s --admin-token-file %s --peer-token-file %s \n",
		folder, filepath.Join(f.private, adminToken), filepath.Join(f.private, peerToken))
	if log, err := os.ReadFile(folder + ".log"); err != nil || !strings.HasPrefix(string(log), want) {
		t.Errorf("it was started with %q, %v; want %q, and no settings of the environment", log, err, want)
	}
	token, err := os.ReadFile(filepath.Join(f.private, adminToken))
	info, errInfo := os.Stat(filepath.Join(f.private, adminToken))
	if err != nil || errInfo != nil || strings.TrimSpace(string(token)) != f.Secret() || len(f.Secret()) < 20 || info.Mode() != 0o600 {
		t.Errorf("the file of the secret: %q, %v, %v; want %q, for this user alone", token, err, info, f.Secret())
	}
	s.Kill()
	if want := "signal: killed; its log ends with:\n  "; !strings.HasPrefix(s.Epitaph(), want) {
		t.Errorf("it has ended so: %q; want %q", s.Epitaph(), want)
	}
	s.Kill() // does no harm
	second, err := f.Start(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	select {
	case <-second.Ended():
	default:
		t.Error("a server runs after Close")
	}
}

// TestFleet_temporary: without a folder for data, they are where the secrets are.
func TestFleet_temporary(t *testing.T) {
	f := open(t, "serves", "")
	if _, err := f.Start(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.private, "server-1.log")); err != nil {
		t.Error(err)
	}
}

func TestFleet_failing(t *testing.T) {
	f := open(t, "refuses", "")
	_, err := f.Start(t.Context(), 1)
	if err == nil || !strings.HasPrefix(err.Error(), "it ended before it served (exit status 3); its log ends with:\n  an old line\n") || !strings.HasSuffix(err.Error(), "  no such flag\n  see --help") {
		t.Errorf("a program that ends: %v; want how, and the end of its log", err)
	} else if len(err.Error()) > 2*logTail {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
	t.Setenv(asServer, "babbles")
	if _, err := f.Start(t.Context(), 2); err == nil || !strings.Contains(err.Error(), `it printed "hello\n" instead of where it listens (signal: killed)`) {
		t.Errorf("a program that prints something else: %v; want that it says so", err)
	}
	t.Setenv(asServer, "silent")
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := f.Start(ctx, 3); !errors.Is(err, enough) {
		t.Errorf("a program that says nothing: %v; want that waiting for it ends with the context", err)
	}
	for _, s := range f.started {
		select {
		case <-s.Ended():
		default:
			t.Errorf("%v runs", s.process)
		}
	}
	f.program = filepath.Join(t.TempDir(), "nothing")
	if _, err := f.Start(t.Context(), 4); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that there is not: %v; want that it says so", err)
	}
}
