package peer

import (
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
)

func protoSize(m node.Message) int { return proto.Size(encode(m)) }

var (
	someOrigin = rapid.Custom(func(t *rapid.T) merge.Origin {
		return merge.Origin{Server: merge.ServerID(rapid.Uint32Min(1).Draw(t, "server")), Incarnation: merge.Incarnation(rapid.Uint64().Draw(t, "incarnation"))}
	})
	someTime   = rapid.Uint64Min(1)
	someVector = rapid.Custom(func(t *rapid.T) merge.Vector {
		return rapid.MapOfN(someOrigin, someTime, 0, 5).Draw(t, "vector")
	})
	someVersion = rapid.Custom(func(t *rapid.T) merge.Version {
		return merge.Version{Time: someTime.Draw(t, "time"), Origin: someOrigin.Draw(t, "origin")}
	})
	someRoster = rapid.Custom(func(t *rapid.T) merge.Roster {
		standing := rapid.Custom(func(t *rapid.T) merge.Standing {
			return merge.Standing{
				State: merge.State(rapid.IntRange(int(merge.Member), int(merge.Forgotten)).Draw(t, "state")), Epoch: rapid.Uint64().Draw(t, "epoch"),
				Known: someVector.Draw(t, "known"), Final: rapid.Uint64().Draw(t, "final"),
			}
		})
		return rapid.MapOfN(someOrigin, standing, 0, 4).Draw(t, "roster")
	})
)

// someEntry is an entry of a version.
func someEntry(t *rapid.T, version merge.Version) merge.Entry {
	e := merge.Entry{Key: rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "key"), Deleted: rapid.Bool().Draw(t, "deleted"), Version: version}
	if !e.Deleted && rapid.Bool().Draw(t, "filled") {
		e.Value = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "value")
	}
	return e
}

var someMessage = rapid.Custom(func(t *rapid.T) (m node.Message) {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		in := merge.Interval{Origin: someOrigin.Draw(t, "origin"), After: rapid.Uint64Range(0, 1<<63).Draw(t, "after")}
		m.Push = &node.Push{}
		in.Upto = in.After
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			in.Upto += rapid.Uint64Range(1, 1<<50).Draw(t, "gap")
			m.Push.Entries = append(m.Push.Entries, someEntry(t, merge.Version{Time: in.Upto, Origin: in.Origin}))
		}
		in.Upto += rapid.Uint64Range(1, 1<<50).Draw(t, "rest")
		m.Push.Interval = in
		for _, server := range rapid.SliceOfN(rapid.Uint32Min(1), 0, 4).Draw(t, "told") {
			m.Push.Told = append(m.Push.Told, merge.ServerID(server))
		}
	case 1:
		m.Announce = &node.Announce{Known: someVector.Draw(t, "known"), Settled: rapid.Bool().Draw(t, "settled")}
	case 2:
		m.Pull = &node.Pull{Number: rapid.Uint64().Draw(t, "number"), Known: someVector.Draw(t, "known")}
		if rapid.Bool().Draw(t, "more") {
			m.Pull.After = someVersion.Draw(t, "after")
		}
	case 3:
		m.Piece = &node.Piece{
			Number: rapid.Uint64().Draw(t, "number"), Run: rapid.Uint64().Draw(t, "run"), Last: rapid.Bool().Draw(t, "last"),
			Knew: someVector.Draw(t, "knew"), Floor: someVector.Draw(t, "floor"),
		}
		time := uint64(0)
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			time += rapid.Uint64Range(1, 1<<50).Draw(t, "gap")
			version := merge.Version{Time: time, Origin: someOrigin.Draw(t, "origin")}
			m.Piece.Entries = append(m.Piece.Entries, someEntry(t, version))
			m.Piece.Upto = version
		}
	case 4:
		m.Table = &node.Table{Roster: someRoster.Draw(t, "roster")}
	}
	return m
})

// TestEncode: what a message says survives its way.
func TestEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := someMessage.Draw(t, "message")
		encoded, err := proto.Marshal(encode(m))
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, encoded); !reflect.DeepEqual(got, m) {
			t.Errorf("%+v has become %+v", m, got)
		}
	})
}

// TestEncode_greeting: what a greeting says survives its way.
func TestEncode_greeting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := greeting{
			Greeting: node.Greeting{Self: someOrigin.Draw(t, "self"), Known: someVector.Draw(t, "known"), Held: someVector.Draw(t, "held"), Roster: someRoster.Draw(t, "roster")},
			address:  rapid.StringN(0, 10, 10).Draw(t, "address"), asked: rapid.Bool().Draw(t, "asked"), run: rapid.Uint64().Draw(t, "run"),
		}
		encoded, err := proto.Marshal(g.encode())
		if err != nil {
			t.Fatal(err)
		}
		got := new(peerpb.Greeting)
		if err := proto.Unmarshal(encoded, got); err != nil {
			t.Fatal(err)
		}
		if other, err := decodeGreeting(got); err != nil || !reflect.DeepEqual(other, g) {
			t.Errorf("%+v has become %+v, %v", g, other, err)
		}
	})
}

func decoded(t interface{ Fatal(...any) }, encoded []byte) node.Message {
	message := new(peerpb.Message)
	if err := proto.Unmarshal(encoded, message); err != nil {
		t.Fatal(err)
	}
	m, err := decode(message)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestDecode_refuses: what is not valid is not taken.
func TestDecode_refuses(t *testing.T) {
	one, two := &peerpb.Origin{Server: 1}, &peerpb.Origin{Server: 2}
	write := func(time uint64, origin *peerpb.Origin) *peerpb.Entry {
		return &peerpb.Entry{Key: []byte("k"), Time: time, Origin: origin}
	}
	pushed := func(p *peerpb.Push) *peerpb.Message { return &peerpb.Message{Message: &peerpb.Message_Push{Push: p}} }
	piece := func(upto *peerpb.Version, entries ...*peerpb.Entry) *peerpb.Message {
		return &peerpb.Message{Message: &peerpb.Message_Piece{Piece: &peerpb.Piece{Upto: upto, Entries: entries}}}
	}
	vector := func(entries ...*peerpb.VectorEntry) *peerpb.Message {
		return &peerpb.Message{Message: &peerpb.Message_Announce{Announce: &peerpb.Announce{Known: &peerpb.Vector{Entries: entries}}}}
	}
	table := func(standings ...*peerpb.Standing) *peerpb.Message {
		return &peerpb.Message{Message: &peerpb.Message_Table{Table: &peerpb.Table{Roster: &peerpb.Roster{Standings: standings}}}}
	}
	upto := &peerpb.Version{Time: 9, Origin: one}
	for name, m := range map[string]*peerpb.Message{
		"nothing":                     {},
		"a push of nobody":            pushed(&peerpb.Push{Upto: 1}),
		"a push of no time":           pushed(&peerpb.Push{Origin: one, After: 3, Upto: 3}),
		"a push backwards":            pushed(&peerpb.Push{Origin: one, After: 3, Upto: 2}),
		"a write before the push":     pushed(&peerpb.Push{Origin: one, After: 3, Upto: 5, Entries: []*peerpb.Entry{write(3, nil)}}),
		"a write behind the push":     pushed(&peerpb.Push{Origin: one, After: 3, Upto: 5, Entries: []*peerpb.Entry{write(6, nil)}}),
		"writes in disorder":          pushed(&peerpb.Push{Origin: one, Upto: 5, Entries: []*peerpb.Entry{write(2, nil), write(2, nil)}}),
		"a write of another":          pushed(&peerpb.Push{Origin: one, Upto: 5, Entries: []*peerpb.Entry{write(2, two)}}),
		"a push told to nobody":       pushed(&peerpb.Push{Origin: one, Upto: 5, Told: []uint32{0}}),
		"a write without a key":       pushed(&peerpb.Push{Origin: one, Upto: 5, Entries: []*peerpb.Entry{{Time: 1}}}),
		"a tombstone with a value":    pushed(&peerpb.Push{Origin: one, Upto: 5, Entries: []*peerpb.Entry{{Key: []byte("k"), Value: []byte("v"), Deleted: true, Time: 1}}}),
		"an entry of nobody":          piece(upto, write(1, nil)),
		"an entry of the time 0":      piece(upto, write(0, one)),
		"an entry behind the piece":   piece(upto, write(9, two)),
		"entries in disorder":         piece(upto, write(2, two), write(2, one)),
		"entries up to nowhere":       piece(nil, write(2, two)),
		"a version of the time 0":     piece(&peerpb.Version{Origin: one}),
		"a version of nobody":         piece(&peerpb.Version{Time: 1}),
		"a vector of the time 0":      vector(&peerpb.VectorEntry{Origin: one}),
		"a vector of nobody":          vector(&peerpb.VectorEntry{Time: 1}),
		"a vector in disorder":        vector(&peerpb.VectorEntry{Origin: two, Time: 1}, &peerpb.VectorEntry{Origin: one, Time: 1}),
		"a vector with one twice":     vector(&peerpb.VectorEntry{Origin: one, Time: 1}, &peerpb.VectorEntry{Origin: one, Time: 2}),
		"a roster of nobody":          table(&peerpb.Standing{State: 1}),
		"a roster with no state":      table(&peerpb.Standing{Origin: one}),
		"a roster with a fifth state": table(&peerpb.Standing{Origin: one, State: 5}),
		"a roster in disorder":        table(&peerpb.Standing{Origin: one, State: 1}, &peerpb.Standing{Origin: one, State: 1}),
	} {
		if got, err := decode(m); err == nil {
			t.Errorf("%s: taken, as %+v", name, got)
		}
	}
}

// FuzzDecode: any bytes are refused or taken, and what is taken is encoded as what it was.
func FuzzDecode(f *testing.F) {
	for _, m := range []node.Message{push(1, 3, 5), announce(4), {Pull: &node.Pull{Number: 1}}, {Piece: &node.Piece{Last: true}}, {Table: &node.Table{}}} {
		encoded, err := proto.Marshal(encode(m))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		message := new(peerpb.Message)
		if proto.Unmarshal(encoded, message) != nil {
			return
		}
		m, err := decode(message)
		if err != nil {
			return
		}
		laneOf(m)
		again, err := proto.Marshal(encode(m))
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, again); protoSize(got) != protoSize(m) || !proto.Equal(encode(got), encode(m)) {
			t.Errorf("%+v has become %+v", m, got)
		}
	})
}
