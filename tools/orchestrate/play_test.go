package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkv/inprocess"
	"numstore.example/tools/orchestrate/internal/script"
)

// stage is servers of this process, and what a script has printed there. It is made within a bubble.
type stage struct {
	cluster *inprocess.Cluster
	servers map[int]*actor // by number
	broken  map[int]bool   // numbers of servers that cannot be started
	faults  func(number int, method string) inprocess.Fault

	system   *system
	out, err bytes.Buffer
}

// actor is a server of this process, as often as it is started.
type actor struct {
	*inprocess.Server
	ended chan struct{} // of the present process
}

func (a *actor) Kill() {
	a.Stop()
	close(a.ended)
}
func (a *actor) Epitaph() string { return "exit status 7" }

// life is one process of an actor.
type life struct {
	*actor
	ended chan struct{}
}

func (l life) Ended() <-chan struct{} { return l.ended }

// newStage returns a stage on which nobody is yet.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{cluster: inprocess.NewCluster(), servers: make(map[int]*actor), broken: make(map[int]bool)}
	system, err := newSystem(s.launch, "secret", new(numbers), grpc.WithContextDialer(s.cluster.DialContext))
	if err != nil {
		t.Fatal(err)
	}
	s.system = system
	return s
}

func (s *stage) launch(_ context.Context, number int) (process, error) {
	if s.broken[number] {
		return nil, errors.New("it does not want to")
	}
	a := s.servers[number]
	if a == nil {
		a = &actor{Server: s.cluster.Add(uint32(number), fmt.Sprintf("127.0.0.1:%d", number))}
		if s.faults != nil {
			a.Faults = func(method string) inprocess.Fault { return s.faults(number, method) }
		}
		s.servers[number] = a
	} else {
		a.Start()
	}
	a.ended = make(chan struct{})
	return life{a, a.ended}, nil
}

// play has a script performed, and the stage left.
func (s *stage) play(t *testing.T, strict bool, text io.Reader) error {
	t.Helper()
	err := perform(t.Context(), s.system, strict, text, &console{out: &s.out, err: &s.err})
	s.system.close()
	s.cluster.Stop()
	return err
}

// said returns what was said beside, without the last line, which says how long it took.
func (s *stage) said() string {
	lines := strings.SplitAfter(s.err.String(), "\n")
	return strings.Join(lines[:len(lines)-2], "")
}

// lines returns lines as a script or an output has them.
func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

// complaints returns these lines as they are said beside.
func complaints(all ...string) string {
	text := ""
	for _, line := range all {
		text += "orchestrate: " + line + "\n"
	}
	return text
}

// plays are scripts with what they print and what is said beside.
var plays = map[string]struct{ script, out, err string }{
	"nothing": {},
	"one server": {
		script: "# a comment\n\n joinServer 1\njoinClient 5 1\nput 5 b two words \nput 5 a 1\nput 5 c \nget 5 b\nget 5 d\nprintStore 1\necho\necho  that is  all\n",
		out:    "b:two words \nd:ERR_KEY\na:1\nb:two words \nc:\n\nthat is  all\n",
	},
	"any bytes": {
		script: "joinServer -1\njoinClient 18446744073709551616 -1\nput 18446744073709551616 \xff: \x00\xfe:\r\nprintStore -1\nget +18446744073709551616 \xff:",
		out:    "\xff::\x00\xfe:\n\xff::\x00\xfe:\n",
	},
	"a client that moves": {
		script: lines("joinServer 1", "joinServer 2", "breakConnection 2 1", "joinClient 5 1", "joinClient 6 2", "put 5 k v", "get 6 k", "joinClient 5 2", "get 5 k",
			"put 5 k w", "get 6 k", "createConnection 2 1", "stabilize", "get 5 k", "printStore 1"),
		out: lines("k:ERR_KEY", "k:ERR_DEP", "k:w", "k:w", "k:w"),
	},
	"a client with several connections": {
		script: lines("joinServer 1", "joinServer 2", "breakConnection 1 2", "joinClient 5 1", "put 5 a 1", "createConnection 5 2", "put 5 b 2", "printStore 1",
			"printStore 2", "breakConnection 2 5", "get 5 a", "breakConnection 5 1", "get 5 a", "createConnection 2 5", "createConnection 5 1", "get 5 a",
			"killServer 1", "get 5 b", "joinServer 1", "get 5 a", "createConnection 5 2", "killServer 2", "breakConnection 2 5"),
		out: lines("a:1", "b:2", "a:1", "a:1", "b:2", "a:1"),
		err: complaints("line 13: the client 5 is not connected"),
	},
	"a server that is killed": {
		script: lines("joinServer 1", "joinServer 2", "joinServer 3", "joinClient 5 1", "put 5 k v", "breakConnection 1 2", "killServer 1", "get 5 k",
			"killServer 1", "breakConnection 1 3", "printStore 1", "joinServer 1", "get 5 k", "put 5 k w", "stabilize", "printStore 2", "breakConnection 1 2"),
		out: lines("k:v", "k:w"),
		err: complaints("line 8: the client 5 is connected to no server that runs, but to 1", "line 9: the server 1 does not run",
			"line 10: the server 1 does not run", "line 11: the server 1 does not run"),
	},
	"faulty lines": {
		script: lines("joinServer 1", "joinServer 2", "joinClient 5 1", "joinClient 6 2", "fly 1", "joinServer one", "joinServer 1", "joinServer 5", "killServer 5",
			"killServer 9", "joinClient 1 2", "joinClient 5 6", "joinClient 5 9", "breakConnection 2 2", "breakConnection 5 6", "breakConnection 5 2", "breakConnection 9 5",
			"breakConnection 5 9", "breakConnection 1 2", "breakConnection 2 1", "createConnection 5 6", "createConnection 1 9", "breakConnection 6 2", "put 6 k v", "get 6 k",
			"put 7 k v", "put 1 k v", "put 5 k", "get 7 k", "printStore 5", "stabilize 1", "echo still here"),
		out: lines("still here"),
		err: complaints(`line 5: "fly" is no command; there are joinServer, killServer, joinClient, breakConnection, createConnection, stabilize, printStore, put, get, echo, and exit or done`,
			`line 6: "one" is no id; ids are integers; the command is: joinServer SERVER`, "line 7: the server 1 runs already",
			"line 8: 5 is a client; servers and clients share their ids", "line 9: 5 is a client, and no server", "line 10: there is no server 9",
			"line 11: 1 is a server; servers and clients share their ids", "line 12: 6 is a client, and no server", "line 13: there is no server 9",
			"line 14: a connection has two ends, and not 2 twice", "line 15: 5 and 6 are clients; connections are between servers, or a client and a server",
			"line 16: there is no connection between 5 and 2", "line 17: there is no server 9", "line 18: there is no server 9",
			"line 20: there is no connection between 2 and 1", "line 21: 5 and 6 are clients; connections are between servers, or a client and a server",
			"line 22: there is no server 9", "line 24: the client 6 is not connected", "line 25: the client 6 is not connected", "line 26: there is no client 7",
			"line 27: 1 is a server, and no client", "line 28: VALUE is missing (an empty one needs the blank before it); the command is: put CLIENT KEY VALUE",
			"line 29: there is no client 7", "line 30: 5 is a client, and no server", `line 31: "1" is too much; the command is: stabilize`),
	},
	"what a server refuses": {
		script: lines("joinServer 1", "joinClient 5 1", "put 5 "+strings.Repeat("k", 1025)+" v", "put 5 k v", "get 5 "+strings.Repeat("k", 1025), "get 5 k"),
		out:    lines("k:v"),
		err: complaints("line 3: the server 1: the key is 1025 bytes long; the longest has 1024 (InvalidArgument)",
			"line 5: the server 1: the key is 1025 bytes long; the longest has 1024 (InvalidArgument)"),
	},
	"an end":         {script: lines("echo 1", "exit", "echo 2"), out: lines("1")},
	"another end":    {script: lines("echo 1", "done", "echo 2"), out: lines("1")},
	"no line feed":   {script: "echo 1", out: lines("1")},
	"a long line":    {script: strings.Repeat("x", script.MaxLine+1) + "\necho 2", out: lines("2"), err: complaints("line 1: the line has more than 33554432 bytes")},
	"equal in parts": {script: lines("joinServer 1", "joinServer 2", "breakConnection 1 2", "joinClient 5 1", "put 5 k v", "stabilize", "printStore 2", "printStore 1"), out: lines("k:v")},
}

func TestPlay(t *testing.T) {
	for name, play := range plays {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			if err := s.play(t, false, strings.NewReader(play.script)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if s.out.String() != play.out || s.said() != play.err {
				t.Errorf("%s: printed\n%q\nand said\n%s\nwant\n%q\nand\n%s", name, &s.out, s.said(), play.out, play.err)
			}
		})
	}
}

// TestPlay_strict: nothing is done behind a faulty line, whatever is faulty of it.
func TestPlay_strict(t *testing.T) {
	for faulty, want := range map[string]string{
		"fly":          "line 4: \"fly\" is no command",
		"killServer 7": "line 4: there is no server 7",
		"put 7 k v":    "line 4: there is no client 7",
		"put 5 " + strings.Repeat("k", 1025) + " v": "line 4: the server 1: the key is 1025",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			err := s.play(t, true, strings.NewReader(lines("joinServer 1", "joinServer 2", "joinClient 5 1", faulty, "joinClient 6 2", "put 6 x y", "echo 2")))
			if !errors.Is(err, errStopped) || s.out.Len() > 0 || !strings.Contains(s.said(), want) || strings.Contains(s.err.String(), ": 5 commands") {
				t.Errorf("%.40s: %v, printed %q, said %q; want that it is the last line, and %q", faulty, err, &s.out, &s.err, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		if err := s.play(t, true, strings.NewReader(lines("joinServer 1", "joinClient 5 1", "put 5 k v", "get 5 k", "get 5 l"))); err != nil || s.said() != "" {
			t.Errorf("%v, said %q; want that nothing was wrong", err, s.said())
		}
	})
}

func TestPlay_end(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.play(t, false, strings.NewReader(lines("# no command", "joinServer 1", "joinClient 5 1", "put 5 k v", "put 5 k w", "flee")))
		if text := s.err.String(); !strings.Contains(text, "orchestrate: 5 commands in ") || !strings.Contains(text, " commands/s, ") || !strings.HasSuffix(text, " puts/s\n") {
			t.Errorf("said %q; want how many commands there were, how long they took, and the rates", text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		err := s.play(t, false, io.MultiReader(strings.NewReader("echo 1\necho 2"), iotest.ErrReader(io.ErrClosedPipe)))
		if !errors.Is(err, io.ErrClosedPipe) || s.out.String() != "1\n" {
			t.Errorf("a script that breaks off: %v, printed %q; want the error, and what whole lines asked for", err, &s.out)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		p := &play{system: s.system, console: &console{out: readOnly{}, err: &s.err}}
		if err := p.run(t.Context(), strings.NewReader(lines("echo 1", "flee"))); !errors.Is(err, io.ErrClosedPipe) || s.err.Len() > 0 {
			t.Errorf("an output that nobody reads: %v, said %q; want that the play ends", err, &s.err)
		}
		s.system.close()
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		for range 20 { // what is there to be read makes no difference
			ctx, cancel := context.WithCancelCause(t.Context())
			out := canceller{cancel}
			if err := perform(ctx, s.system, false, strings.NewReader("echo 1"), &console{out: out, err: &s.err}); !errors.Is(err, io.ErrNoProgress) {
				t.Fatalf("a play whose context is done: %v; want its cause", err)
			}
		}
		s.system.close()
	})
}

// canceller is an output during which a context ends.
type canceller struct{ cancel context.CancelCauseFunc }

func (c canceller) Write(p []byte) (int, error) {
	c.cancel(io.ErrNoProgress)
	time.Sleep(time.Second) // the next line is there by then
	return len(p), nil
}

// readOnly is an output that takes nothing.
type readOnly struct{}

func (readOnly) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestPlay_death: a server that ends by itself is mourned, and gone.
func TestPlay_death(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		reader, writer := io.Pipe()
		var done sync.WaitGroup
		var err error
		done.Go(func() { err = s.play(t, false, reader) })
		io.WriteString(writer, lines("joinServer 1", "joinServer 2", "joinClient 5 2", "put 5 k v"))
		synctest.Wait()
		s.servers[2].Kill()
		synctest.Wait()
		io.WriteString(writer, lines("get 5 k", "joinServer 2", "get 5 k", "killServer 1"))
		writer.Close()
		done.Wait()
		want := complaints("line 4: the server 2 has ended by itself: exit status 7", "line 5: the client 5 is connected to no server that runs, but to 2")
		if !errors.Is(err, errStopped) || s.said() != want || s.out.String() != "k:v\n" {
			t.Errorf("%v, said %q, printed %q; want that the play has failed, %q, and the value once it is there again", err, s.said(), &s.out, want)
		}
	})
}

func TestPlay_launch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.broken[1] = true
		s.play(t, false, strings.NewReader(lines("joinServer 1", "joinServer 2", "killServer 1", "joinClient 1 2", "put 1 k v", "get 1 k")))
		if want := complaints("line 1: the server 1 could not be started: it does not want to", "line 3: there is no server 1"); s.said() != want || s.out.String() != "k:v\n" {
			t.Errorf("said %q, printed %q; want %q, and that it goes on without", s.said(), &s.out, want)
		}
	})
}
