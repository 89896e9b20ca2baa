package gossipkv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv/inprocess"
)

// dump returns what a Dump says, in a line: key=value, key? for what the server does not have yet, and the code of an error.
func dumped(t testing.TB, s *Session, r Range) string {
	t.Helper()
	var all []string
	for pair, err := range s.Dump(t.Context(), r) {
		switch {
		case errors.Is(err, ErrDependencyNotMet):
			all = append(all, string(pair.Key)+"?")
		case err != nil:
			all = append(all, status.Code(err).String())
		default:
			all = append(all, fmt.Sprintf("%s=%s", pair.Key, pair.Value))
			if s.Seen().Version(pair.Key) != pair.Version {
				t.Errorf("after %s was shown with version %v, %v was seen", pair.Key, pair.Version, s.Seen().Version(pair.Key))
			}
		}
	}
	return strings.Join(all, " ")
}

// TestDump: pairs come in the order of their keys, as far as they were asked for, and all that was shown was seen.
func TestDump(t *testing.T) {
	f := newFleet(t)
	writer := f.client.Session(nil)
	for _, key := range []string{"a/3", "a/1", "b", "a/2", "a/4", "\xff", "a"} {
		put(t, writer, key, "v")
	}
	for _, test := range []struct {
		r    Range
		want string
	}{
		{Range{}, "a=v a/1=v a/2=v a/3=v a/4=v b=v \xff=v"},
		{Range{Prefix: []byte("a/")}, "a/1=v a/2=v a/3=v a/4=v"},
		{Range{Prefix: []byte("a/"), After: []byte("a/2"), KeysOnly: true}, "a/3= a/4="},
		{Range{Limit: 5}, "a=v a/1=v a/2=v a/3=v a/4=v"},
		{Range{Prefix: []byte("c")}, ""},
	} {
		expect(t, fmt.Sprintf("dump of %+v by the writer", test.r), dumped(t, writer, test.r), test.want)
		reader := f.client.Session(nil)
		expect(t, fmt.Sprintf("dump of %+v", test.r), dumped(t, reader, test.r), test.want)
		if shown := len(strings.Fields(test.want)); reader.Seen().Len() != shown {
			t.Errorf("after a dump of %d keys %d were seen", shown, reader.Seen().Len())
		}
	}
}

// TestDump_behind: what a server does not have yet is told in its place, whether it has something older or nothing; what was
// deleted is not.
func TestDump_behind(t *testing.T) {
	f := newFleet(t)
	s := f.client.Session(nil)
	for _, key := range []string{"a", "b", "c", "d"} {
		put(t, s, key, "old")
	}
	heal := f.isolate(3)
	for _, key := range []string{"0", "b", "c/1", "z"} {
		put(t, s, key, "new")
	}
	if _, err := s.Delete(t.Context(), []byte("d")); err != nil {
		t.Fatal(err)
	}
	at(t, s, three)
	expect(t, "dump of one that is behind", dumped(t, s, Range{}), "0? a=old b? c=old c/1? d? z?")
	expect(t, "dump of a prefix", dumped(t, s, Range{Prefix: []byte("c")}), "c=old c/1?")
	expect(t, "dump behind a key", dumped(t, s, Range{After: []byte("c/1")}), "d? z?")
	expect(t, "dump of some", dumped(t, s, Range{Limit: 2}), "0? a=old b?")
	heal()
	expect(t, "dump after all", dumped(t, s, Range{}), "0=new a=old b=new c=old c/1=new z=new")
}

// TestDump_ends: who wants no more gets no more, and an error is the last.
func TestDump_ends(t *testing.T) {
	f := newFleet(t)
	s := f.client.Session(nil)
	for i := range 9 {
		put(t, s, fmt.Sprint(i), "v")
	}
	f.isolate(3)
	put(t, s, "00", "v")
	for _, server := range []string{one, three} {
		shown := 0
		for range at(t, s, server).Dump(t.Context(), Range{}) {
			if shown++; shown == 2 {
				break
			}
		}
		if shown != 2 {
			t.Errorf("of %s there were %d", server, shown)
		}
	}
	for range s.Dump(t.Context(), Range{Prefix: []byte("00")}) {
		break // which is missed at the end
	}
	failing := ""
	f.servers[0].Faults = func(method string) inprocess.Fault {
		if method == failing {
			return inprocess.Lose
		}
		return inprocess.None
	}
	for _, failing = range []string{"Status", "Dump"} {
		expect(t, failing+" fails", dumped(t, at(t, s, one), Range{}), "Unavailable")
	}
	f.servers[0].Faults = func(method string) inprocess.Fault { return inprocess.Drop }
	expect(t, "what breaks at its end", dumped(t, f.client.Session(nil), Range{}), "0=v 00=v 1=v 2=v 3=v 4=v 5=v 6=v 7=v 8=v Unavailable")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Dump(ended, Range{}) {
		if status.Code(err) != codes.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context is %v", err)
		}
	}
}
