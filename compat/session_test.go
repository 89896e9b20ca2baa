package compat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkv/inprocess"
)

// TestSession_rules runs the tests of the Python sessions that need no server, with every Python.
func TestSession_rules(t *testing.T) {
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) { runUnittest(t, python(t, name), "session_rules") })
	}
}

// eachSession runs a test for each Python, with the sessions for threads and those for asyncio.
func eachSession(t *testing.T, test func(t *testing.T, python pyenv.Python, kind string)) {
	for _, name := range pythons {
		for _, kind := range []string{"session", "asyncio"} {
			t.Run("python-"+name+"/"+kind, func(t *testing.T) {
				t.Parallel() // each has servers of its own, and mostly waits
				test(t, python(t, name), kind)
			})
		}
	}
}

// gossips is three servers of gossipkv's contract in this process, each linked to the others, on ports of this machine.
type gossips struct {
	*inprocess.Cluster
	servers [3]*inprocess.Server
}

func newGossips(t *testing.T) *gossips {
	t.Helper()
	g := &gossips{Cluster: inprocess.NewCluster()}
	for i := range g.servers {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		s := grpc.NewServer()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		g.servers[i] = g.Register(s, uint32(i+1), "localhost:"+port)
		go s.Serve(listener)
		t.Cleanup(s.Stop)
	}
	g.Connect(1, 2)
	g.Connect(2, 3)
	g.Connect(1, 3)
	return g
}

func (g *gossips) addresses() (all []string) {
	for _, s := range g.servers {
		all = append(all, s.Address())
	}
	return all
}

// sessionStep is what a performer does with one of its sessions; perform_gossipkv.py says how.
type sessionStep struct {
	Do       string  `json:"do"`
	Session  int     `json:"session"`
	Other    int     `json:"other"`
	Key      string  `json:"key,omitempty"`
	Value    string  `json:"value"`
	Server   string  `json:"server,omitempty"`
	Text     string  `json:"text,omitempty"`
	Prefix   string  `json:"prefix,omitempty"`
	Limit    uint64  `json:"limit,omitempty"`
	Behind   bool    `json:"behind,omitempty"`
	Anywhere bool    `json:"anywhere,omitempty"`
	Timeout  float64 `json:"timeout,omitempty"`
}

// sessionPerformer returns the outcome of a step.
type sessionPerformer func(step sessionStep) string

// pySessions starts a program with Python's sessions.
func pySessions(t *testing.T, python pyenv.Python, kind string, servers ...string) sessionPerformer {
	t.Helper()
	program := startProgram(t, python, "perform_gossipkv.py", strings.Join(servers, ","), kind)
	return func(step sessionStep) (outcome string) {
		t.Helper()
		if err := errors.Join(program.input.Encode(step), program.answers.Decode(&outcome)); err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
		return outcome
	}
}

// goSessions performs steps with Go's sessions.
func goSessions(t *testing.T, servers ...string) sessionPerformer {
	t.Helper()
	client, err := gossipkv.Dial(servers, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	sessions := make(map[int]*gossipkv.Session)
	return func(step sessionStep) string {
		for _, number := range []int{step.Session, step.Other} {
			if sessions[number] == nil {
				sessions[number] = client.Session(nil)
			}
		}
		s := sessions[step.Session]
		if step.Do == "merge" {
			s.Seen().Merge(sessions[step.Other].Seen())
			return ""
		}
		outcome, err := performSession(t.Context(), s, step)
		if err != nil {
			return sessionFailure(err)
		}
		return outcome
	}
}

func sessionFailure(err error) string {
	switch {
	case errors.Is(err, gossipkv.ErrDependencyNotMet):
		return "unmet"
	case errors.Is(err, gossipkv.ErrNoValue):
		return "no value"
	}
	return codeName(status.Code(err))
}

// codeName returns the name of a code as Python has it.
func codeName(code codes.Code) string {
	var name strings.Builder
	for i, r := range code.String() {
		if i > 0 && 'A' <= r && r <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(r)
	}
	return strings.ToUpper(name.String())
}

func performSession(ctx context.Context, s *gossipkv.Session, step sessionStep) (outcome string, err error) {
	var options []gossipkv.Option
	if step.Anywhere {
		options = append(options, gossipkv.Anywhere())
	}
	told := func(version gossipkv.Version) string { return fmt.Sprintf("%d@%d", version.Time, version.Server) }
	switch step.Do {
	case "put":
		version, err := s.Put(ctx, []byte(step.Key), []byte(step.Value), options...)
		return told(version), err
	case "delete":
		version, err := s.Delete(ctx, []byte(step.Key), options...)
		return told(version), err
	case "get":
		value, err := s.Get(ctx, []byte(step.Key), options...)
		return "=" + string(value.Value), err
	case "dump":
		return dumpSession(ctx, s, step), nil
	case "status":
		response, err := s.Status(ctx)
		return fmt.Sprint(response.GetServer()), err
	case "use":
		return "", s.Use(step.Server)
	case "text":
		return s.Seen().String(), nil
	case "restore":
		return "", s.Seen().UnmarshalText([]byte(step.Text))
	}
	return "", fmt.Errorf("nobody can %s", step.Do)
}

func dumpSession(ctx context.Context, s *gossipkv.Session, step sessionStep) string {
	var shown []string
	for pair, err := range s.Dump(ctx, gossipkv.Range{Prefix: []byte(step.Prefix), Limit: step.Limit}) {
		switch {
		case err == nil:
			shown = append(shown, fmt.Sprintf("%s=%s", pair.Key, pair.Value))
		case step.Behind && errors.Is(err, gossipkv.ErrDependencyNotMet):
			shown = append(shown, string(pair.Key)+"?")
		default:
			shown = append(shown, sessionFailure(err))
			return strings.Join(shown, " ")
		}
	}
	return strings.Join(shown, " ")
}

// contractSteps goes through the example of the contract's text, and what follows from it, with three servers of which the first is cut off from
// the others. A and B are the client's.
func contractSteps(t *testing.T, perform sessionPerformer, a, b, c string) {
	t.Helper()
	for i, step := range []struct {
		step sessionStep
		want string
	}{
		{sessionStep{Do: "put", Key: "x", Value: "1"}, "1@1"},
		{sessionStep{Do: "use", Server: b}, ""},
		{sessionStep{Do: "get", Key: "x"}, "unmet"},
		{sessionStep{Do: "get", Key: "x", Anywhere: true}, "=1"},
		{sessionStep{Do: "dump"}, "unmet"},
		{sessionStep{Do: "dump", Behind: true}, "x?"},
		{sessionStep{Do: "put", Key: "x", Value: "2"}, "2@2"},
		{sessionStep{Do: "use", Server: c}, ""},
		{sessionStep{Do: "get", Key: "x"}, "=2"},
		{sessionStep{Do: "status"}, "3"},
		{sessionStep{Do: "use", Server: a}, ""},
		{sessionStep{Do: "get", Key: "x"}, "unmet"},
		{sessionStep{Do: "get", Key: "x", Session: 1}, "=1"},
		{sessionStep{Do: "merge", Session: 1}, ""},
		{sessionStep{Do: "get", Key: "x", Session: 1}, "unmet"},
		{sessionStep{Do: "delete", Key: "y", Session: 1}, "3@1"},
		{sessionStep{Do: "get", Key: "y", Session: 1}, "no value"},
		{sessionStep{Do: "put", Value: "no key"}, "INVALID_ARGUMENT"},
	} {
		got := perform(step.step)
		for strings.HasPrefix(step.want, "=") && got == "unmet" { // until it has come to this server
			got = perform(step.step)
		}
		if got != step.want {
			t.Errorf("step %d, %+v: %q; want %q", i, step.step, got, step.want)
		}
	}
}

// TestSession_contract: each kind of session does what the contract's example shows, with servers in memory and with real ones.
func TestSession_contract(t *testing.T) {
	performers := map[string]func(t *testing.T, servers ...string) sessionPerformer{"go": goSessions}
	for _, name := range pythons {
		for _, kind := range []string{"session", "asyncio"} {
			performers["python-"+name+"/"+kind] = func(t *testing.T, servers ...string) sessionPerformer {
				return pySessions(t, python(t, name), kind, servers...)
			}
		}
	}
	for name, start := range performers {
		t.Run(name+"/memory", func(t *testing.T) {
			g := newGossips(t)
			g.Cut(1, 2)
			g.Cut(1, 3)
			all := g.addresses()
			contractSteps(t, start(t, all[:2]...), all[0], all[1], all[2])
		})
		t.Run(name+"/servers", func(t *testing.T) {
			a, b := startGossipkv(t, 1), startGossipkv(t, 2)
			contractSteps(t, start(t, a, b), a, b, startGossipkv(t, 3, "--peers="+b))
		})
	}
}

// TestSession_closed: calls of a client that was closed say so.
func TestSession_closed(t *testing.T) {
	eachSession(t, func(t *testing.T, python pyenv.Python, kind string) {
		perform := pySessions(t, python, kind, newGossips(t).addresses()...)
		perform(sessionStep{Do: "put", Key: "x"})
		perform(sessionStep{Do: "close"})
		for _, do := range []string{"get", "put", "dump"} {
			if got := perform(sessionStep{Do: do, Key: "x"}); got != "CANCELLED" {
				t.Errorf("a %s of a closed client: %q", do, got)
			}
		}
	})
}

// TestSession_failures: what a server does not answer ends with its time, or is done by another one.
func TestSession_failures(t *testing.T) {
	eachSession(t, func(t *testing.T, python pyenv.Python, kind string) {
		g := newGossips(t)
		perform := pySessions(t, python, kind, g.addresses()...)
		fault := inprocess.None
		g.servers[0].Faults = func(string) inprocess.Fault { return fault }
		for i, step := range []struct {
			fault inprocess.Fault
			step  sessionStep
			want  string
		}{
			{inprocess.Drop, sessionStep{Do: "put", Key: "x", Value: "1"}, "UNAVAILABLE"},
			{inprocess.None, sessionStep{Do: "text"}, new(gossipkv.Seen).String()},
			{inprocess.Lose, sessionStep{Do: "get", Key: "x", Anywhere: true}, "=1"},
			{inprocess.Swallow, sessionStep{Do: "get", Key: "x", Timeout: 0.2}, "DEADLINE_EXCEEDED"},
			{inprocess.Swallow, sessionStep{Do: "get", Key: "x", Timeout: 3, Anywhere: true}, "=1"}, // of which a third is spent in vain
			{inprocess.Lose, sessionStep{Do: "dump"}, "UNAVAILABLE"},
			{inprocess.Drop, sessionStep{Do: "dump", Session: 1}, "x=1 UNAVAILABLE"},
			{inprocess.None, sessionStep{Do: "dump"}, "x=1"},
		} {
			fault = step.fault
			if got := perform(step.step); got != step.want {
				t.Errorf("step %d, %+v: %q; want %q", i, step.step, got, step.want)
			}
		}
	})
}

// TestSession_histories: in any history, Python's sessions come to the same outcomes as Go's, whose outcomes a test of
// contracts/gossipkv judges; and a session goes on in the other language from its text.
func TestSession_histories(t *testing.T) {
	eachSession(t, func(t *testing.T, python pyenv.Python, kind string) {
		seed := newSeed(t)
		rng := rand.New(rand.NewPCG(seed, 1))
		for range 5 {
			ours, theirs := newGossips(t), newGossips(t)
			performs := [2]sessionPerformer{goSessions(t, ours.addresses()...), pySessions(t, python, kind, theirs.addresses()...)}
			for i := range 200 {
				if outcomes := playBoth(rng, [2]*gossips{ours, theirs}, performs); outcomes[0] != outcomes[1] {
					t.Fatalf("step %d: Go says %q, Python %q", i, outcomes[0], outcomes[1])
				}
			}
			exchange(t, ours, performs[0], pySessions(t, python, kind, ours.addresses()...))
		}
	})
}

// playBoth does a random step in two systems alike, and returns its outcomes.
func playBoth(rng *rand.Rand, systems [2]*gossips, performs [2]sessionPerformer) (outcomes [2]string) {
	a, b := uint32(rng.IntN(3)+1), uint32(rng.IntN(3)+1)
	step := sessionStep{Session: rng.IntN(3), Other: rng.IntN(3), Key: fmt.Sprint("k", rng.IntN(4)), Value: fmt.Sprint(rng.Uint32()), Behind: rng.IntN(2) == 0,
		Anywhere: rng.IntN(4) == 0, Limit: uint64(rng.IntN(3)), Prefix: "k"}
	kinds := []string{"put", "put", "delete", "get", "get", "get", "dump", "dump", "use", "use", "use", "merge", "cut", "cut", "heal", "restore"}
	step.Do = kinds[rng.IntN(len(kinds))]
	for i, system := range systems {
		switch step.Do {
		case "cut":
			if a != b {
				system.Cut(a, b)
			}
			continue
		case "heal":
			system.Heal(a, b)
			continue
		case "use":
			step.Server = system.servers[a-1].Address()
		case "restore":
			step.Text = performs[i](sessionStep{Do: "text", Session: step.Session})
		}
		outcomes[i] = performs[i](step)
	}
	return outcomes
}

// exchange has a session of Go's go on in Python, and there and back.
func exchange(t *testing.T, g *gossips, ours, theirs sessionPerformer) {
	t.Helper()
	text := ours(sessionStep{Do: "text"})
	theirs(sessionStep{Do: "restore", Text: text})
	if again := theirs(sessionStep{Do: "text"}); again != text {
		t.Errorf("Go's session %s is %s in Python", text, again)
	}
	theirs(sessionStep{Do: "use", Server: g.servers[2].Address()})
	if got := theirs(sessionStep{Do: "put", Key: "last", Value: "Python's"}); !strings.HasSuffix(got, "@3") {
		t.Errorf("Python's session goes on with %q", got)
	}
	for number := uint32(1); number <= 3; number++ {
		g.Heal(number, number%3+1)
	}
	ours(sessionStep{Do: "restore", Text: theirs(sessionStep{Do: "text"})})
	if got := ours(sessionStep{Do: "get", Key: "last"}); got != "=Python's" {
		t.Errorf("then Go's session reads %q", got)
	}
}

// runUnittest runs a module of tests of this folder.
func runUnittest(t *testing.T, python pyenv.Python, module string) {
	t.Helper()
	output, err := python.Command(t.Context(), "-m", "unittest", module).CombinedOutput()
	if err != nil || !strings.Contains(string(output), "\nOK\n") {
		t.Errorf("%v\n%s", err, output)
	}
}
