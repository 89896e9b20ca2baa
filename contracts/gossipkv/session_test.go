package gossipkv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv/inprocess"
)

// The addresses of the servers in these tests. They are addresses for gRPC not to look up names.
const one, two, three = "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"

// fleet is three servers, each linked to the others, and a client of all.
type fleet struct {
	*inprocess.Cluster
	servers [3]*inprocess.Server
	client  *Client
}

func newFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{Cluster: inprocess.NewCluster()}
	for i, address := range []string{one, two, three} {
		f.servers[i] = f.Add(uint32(i+1), address)
	}
	f.Connect(1, 2)
	f.Connect(2, 3)
	f.Connect(1, 3)
	f.client = dial(t, f.Cluster, one, two, three)
	t.Cleanup(f.Stop) // after the client was closed
	t.Cleanup(func() { f.client.Close() })
	return f
}

func dial(t testing.TB, cluster *inprocess.Cluster, servers ...string) *Client {
	t.Helper()
	c, err := Dial(servers, grpc.WithContextDialer(cluster.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// isolate has a server reach no other one, until the function is called that it returns.
func (f *fleet) isolate(number uint32) (heal func()) {
	for other := uint32(1); other <= 3; other++ {
		if other != number {
			f.Cut(number, other)
		}
	}
	return func() {
		for other := uint32(1); other <= 3; other++ {
			if other != number {
				f.Heal(number, other)
			}
		}
	}
}

// at returns the session after it was moved.
func at(t testing.TB, s *Session, server string) *Session {
	t.Helper()
	if err := s.Use(server); err != nil {
		t.Fatal(err)
	}
	return s
}

// get returns what a Get says, in a word.
func get(t testing.TB, s *Session, key string, options ...Option) string {
	t.Helper()
	value, err := s.Get(t.Context(), []byte(key), options...)
	switch {
	case errors.Is(err, ErrNoValue):
		return "no value"
	case errors.Is(err, ErrDependencyNotMet):
		return "unmet"
	case err != nil:
		return status.Code(err).String()
	}
	return string(value.Value)
}

func put(t testing.TB, s *Session, key, value string) Version {
	t.Helper()
	version, err := s.Put(t.Context(), []byte(key), []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s; want %s", what, got, want)
	}
}

// TestSession_contract goes through the example of the contract's text.
func TestSession_contract(t *testing.T) {
	f := newFleet(t)
	heal := f.isolate(1)
	s := f.client.Session(nil)
	first := put(t, s, "x", "1")
	if first.Time != 1 || first.Server != 1 || s.Seen().Time() != 1 || s.Seen().Version([]byte("x")) != first {
		t.Errorf("the first write has the version %v, and %s was seen", first, s.Seen())
	}
	expect(t, "get at B", get(t, at(t, s, two), "x"), "unmet")
	second := put(t, s, "x", "2")
	if second.Time != 2 || second.Server != 2 {
		t.Errorf("the second write has the version %v", second)
	}
	expect(t, "get at C", get(t, at(t, s, three), "x"), "2")
	expect(t, "get at A", get(t, at(t, s, one), "x"), "unmet")
	heal()
	for _, server := range []string{one, two, three} {
		expect(t, "get after all at "+server, get(t, at(t, f.client.Session(nil), server), "x"), "2")
	}
}

// TestSession_writesWin: a write at a server that knows nothing of what the session has seen, of whatever key, wins over it.
func TestSession_writesWin(t *testing.T) {
	f := newFleet(t)
	heal := f.isolate(3)
	other, s := f.client.Session(nil), f.client.Session(nil)
	for range 5 {
		put(t, other, "far", "ahead")
	}
	put(t, other, "x", "theirs")
	expect(t, "what is read", get(t, s, "x"), "theirs")
	put(t, at(t, s, three), "x", "mine")
	heal()
	expect(t, "what stays", get(t, f.client.Session(nil), "x"), "mine")
}

// TestSession_delete: a deletion is seen as one, by who wrote it and who has seen the value, also once its tombstone is gone.
func TestSession_delete(t *testing.T) {
	f := newFleet(t)
	s := f.client.Session(nil)
	written := put(t, s, "x", "1")
	heal := f.isolate(3)
	deleted, err := s.Delete(t.Context(), []byte("x"))
	if err != nil || deleted.Compare(written) <= 0 || s.Seen().Version([]byte("x")) != deleted {
		t.Fatalf("the deletion has the version %v, %v; the value had %v", deleted, err, written)
	}
	expect(t, "get where it was deleted", get(t, s, "x"), "no value")
	expect(t, "get where that is not known", get(t, at(t, s, three), "x"), "unmet")
	reader := at(t, f.client.Session(nil), three)
	expect(t, "get of another session", get(t, reader, "x"), "1")
	expect(t, "then where it was deleted", get(t, at(t, reader, two), "x"), "no value")
	if reader.Seen().Version([]byte("x")) != deleted {
		t.Errorf("who was told of the deletion has seen %v; want %v", reader.Seen().Version([]byte("x")), deleted)
	}
	heal()
	if st, err := s.Status(t.Context()); err != nil || st.GetTombstones() != 0 || st.GetServer() != 3 {
		t.Fatalf("status of the third server: %v, %v; want no tombstone", st, err)
	}
	expect(t, "get once the tombstone is gone", get(t, s, "x"), "no value")
	expect(t, "get by who has seen nothing", get(t, f.client.Session(nil), "x"), "no value")
}

// TestSession_restored: a session goes on from its text, with another client.
func TestSession_restored(t *testing.T) {
	f := newFleet(t)
	f.isolate(3)
	s := f.client.Session(nil)
	put(t, s, "x", "1")
	seen, err := ParseSeen(s.Seen().String())
	if err != nil {
		t.Fatal(err)
	}
	client := dial(t, f.Cluster, three, one)
	defer client.Close()
	restored := client.Session(seen)
	expect(t, "get at the third", get(t, restored, "x"), "unmet")
	if version := put(t, restored, "y", ""); version.Time != 2 {
		t.Errorf("the next write has the version %v; want the time 2", version)
	}
	handed := f.client.Session(nil)
	expect(t, "before it was merged", get(t, at(t, handed, three), "x"), "no value")
	handed.Seen().Merge(restored.Seen())
	expect(t, "after it was merged", get(t, handed, "x"), "unmet")
}

// TestSession_errors: errors name the server, the key and what was seen, and are what errors.Is and status.Code look for.
func TestSession_errors(t *testing.T) {
	f := newFleet(t)
	s := f.client.Session(nil)
	f.isolate(2)
	put(t, s, "x", "1")
	_, err := at(t, s, two).Get(t.Context(), []byte("x"))
	var unmet *UnmetError
	if !errors.As(err, &unmet) || string(unmet.Key) != "x" || unmet.Server != two || unmet.Seen != s.Seen().Version([]byte("x")) {
		t.Errorf("unmet is %+v", err)
	}
	for _, says := range []string{two, `"x"`, unmet.Seen.String(), "another server"} {
		if !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%q does not say %q", err, says)
		}
	}
	_, err = s.Get(t.Context(), []byte(strings.Repeat("k", 100)))
	if !errors.Is(err, ErrNoValue) || !strings.Contains(err.Error(), `kkk"… (100 bytes): it has no value`) {
		t.Errorf("no value is %v", err)
	}
	if _, err = s.Put(t.Context(), nil, nil); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "the server "+two) {
		t.Errorf("the empty key is %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = s.Get(ended, []byte("y")); status.Code(err) != codes.Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context is %v", err)
	}
	if err := s.Use("nowhere"); err == nil || s.Server() != two {
		t.Errorf("after a bad address, %v, the server is %s", err, s.Server())
	}
	if _, err := Dial([]string{one, "nowhere"}, grpc.WithTransportCredentials(insecure.NewCredentials())); err == nil {
		t.Error("a bad address was taken")
	}
	if _, err := Dial([]string{one}); err == nil {
		t.Error("options without credentials were taken")
	}
	f.client.Close()
	if _, err = s.Get(t.Context(), []byte("y")); status.Code(err) != codes.Canceled {
		t.Errorf("a closed client is %v", err)
	}
	none := dial(t, f.Cluster)
	defer none.Close()
	if _, err = none.Session(nil).Get(t.Context(), []byte("y")); err != errNoServer {
		t.Errorf("no server is %v", err)
	}
}

// TestSession_lost: of a write without an answer the session knows nothing; what it reads of it later counts.
func TestSession_lost(t *testing.T) {
	f := newFleet(t)
	f.servers[0].Faults = func(method string) inprocess.Fault {
		if method == "Put" {
			return inprocess.Drop
		}
		return inprocess.None
	}
	s := f.client.Session(nil)
	if _, err := s.Put(t.Context(), []byte("x"), []byte("1")); status.Code(err) != codes.Unavailable {
		t.Fatalf("a lost answer is %v", err)
	}
	if s.Seen().Len() != 0 || s.Seen().Time() != 0 {
		t.Errorf("the session has seen %+v", s.Seen())
	}
	expect(t, "get", get(t, s, "x"), "1")
	if s.Seen().Time() != 1 {
		t.Errorf("then the session has seen %+v", s.Seen())
	}
}

// TestMayHaveHappened: only what is certain is told as that; of several servers, one that may have done it is enough.
func TestMayHaveHappened(t *testing.T) {
	f := newFleet(t)
	s := f.client.Session(nil)
	write := func(options ...Option) bool {
		_, err := s.Put(t.Context(), []byte("x"), nil, options...)
		if err == nil {
			t.Error("the write has happened")
		}
		return MayHaveHappened(err)
	}
	for _, server := range f.servers {
		server.Faults = func(string) inprocess.Fault { return inprocess.Drop }
	}
	if !write() || !write(Anywhere()) {
		t.Error("a write whose answer was lost is told as one that has not happened")
	}
	for err, want := range map[error]bool{
		status.Error(codes.InvalidArgument, "no"):                                 false,
		fmt.Errorf("the server: %w", status.Error(codes.ResourceExhausted, "no")): false,
		errNoServer:                        false,
		status.Error(codes.Internal, "no"): true,
		errors.New("something else"):       true,
		failed(t.Context(), one, status.Error(codes.Unauthenticated, "no")): false,
	} {
		if MayHaveHappened(err) != want {
			t.Errorf("%v may have happened: %t", err, !want)
		}
	}
	no, perhaps := status.Error(codes.FailedPrecondition, "no"), status.Error(codes.Unavailable, "perhaps")
	if MayHaveHappened(failures{no, no}) || !MayHaveHappened(failures{perhaps, no}) || MayHaveHappened(nil) {
		t.Error("of several servers one that may have done it is enough")
	}
}

// TestSession_overlapping: a write carries the time that is known when it is sent, whatever is in flight.
func TestSession_overlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		f.isolate(1)
		f.servers[1].Faults = func(method string) inprocess.Fault {
			if method == "Delete" {
				return inprocess.Swallow
			}
			return inprocess.None
		}
		s := at(t, f.client.Session(nil), two)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { _, err := s.Delete(ctx, []byte("y")); ended <- err }()
		synctest.Wait()
		put(t, s, "x", "1") // while the Delete is in flight
		if version := put(t, at(t, s, one), "x", "2"); version.Time != 3 {
			t.Errorf("the next write, elsewhere, has the version %v; want the time 3", version)
		}
		cancel()
		if err := <-ended; status.Code(err) != codes.Canceled {
			t.Errorf("the Delete: %v", err)
		}
	})
}

// TestSession_back: a server that was away is found by the first call after it is back, and refuses calls at once until then.
func TestSession_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		s := f.client.Session(nil)
		put(t, s, "x", "1")
		f.servers[0].Stop()
		began := time.Now()
		for range 20 {
			expect(t, "get of one that is away", get(t, s, "x"), "Unavailable")
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("calls of a server that is away took %v", took)
		}
		synctest.Wait() // the connection knows that it has failed
		f.servers[0].Start()
		expect(t, "get once it is back", get(t, s, "x"), "1")
	})
}

// TestAnywhere: what one server cannot do another one does, each once, and the error names all.
func TestAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		heal := f.isolate(2)
		s := f.client.Session(nil)
		put(t, s, "x", "1")
		expect(t, "get behind", get(t, at(t, s, two), "x", Anywhere()), "1")
		expect(t, "the server stays", s.Server(), two)
		f.servers[0].Stop()
		f.servers[2].Stop()
		_, err := s.Get(t.Context(), []byte("x"), Anywhere())
		if !errors.Is(err, ErrDependencyNotMet) || status.Code(err) != codes.Unavailable {
			t.Errorf("what nobody can do is %v", err)
		}
		for _, server := range []string{one, two, three} {
			if strings.Count(fmt.Sprint(err), "the server "+server) != 1 {
				t.Errorf("%v; want each server once", err)
			}
		}
		if _, err := s.Get(t.Context(), []byte("nobody"), Anywhere()); !errors.Is(err, ErrNoValue) || strings.Contains(err.Error(), one) {
			t.Errorf("a key without a value is %v", err)
		}
		if version, err := at(t, s, three).Put(t.Context(), []byte("x"), []byte("2"), Anywhere()); err != nil || version.Server != 2 {
			t.Errorf("a write that another server takes: %v, %v", version, err)
		}
		heal()
	})
}

// TestAnywhere_time: a server that says nothing has its part of the time, and no more.
func TestAnywhere_time(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		f.servers[0].Faults = func(string) inprocess.Fault { return inprocess.Swallow }
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		version, err := f.client.Session(nil).Put(ctx, []byte("x"), nil, Anywhere())
		if took := time.Since(began); err != nil || version.Server != 2 || took != time.Second {
			t.Errorf("%v, %v, after %v; want the second server's after a third of the time", version, err, took)
		}
	})
}
