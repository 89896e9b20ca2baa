package kv

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func drawWrite(t *rapid.T) Write {
	w := Write{
		Kind: Kind(rapid.IntRange(1, 3).Draw(t, "kind")), Key: rapid.SliceOf(rapid.Byte()).Draw(t, "key"),
		Expect: AnyVersion, Previous: rapid.Bool().Draw(t, "previous"),
	}
	if rapid.Bool().Draw(t, "expects") {
		w.Expect = rapid.Uint64Max(AnyVersion-1).Draw(t, "version")
	}
	if w.Kind == Append {
		w.MaxValue = rapid.Uint64().Draw(t, "limit")
	}
	if w.Kind != Delete {
		w.Value = rapid.SliceOf(rapid.Byte()).Draw(t, "value")
	}
	return w
}

// TestCommand_roundTrip: what is encoded is decoded to the same.
func TestCommand_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Command{Writes: rapid.SliceOfN(rapid.Custom(drawWrite), 0, 5).Draw(t, "writes")}
		if rapid.Bool().Draw(t, "has a request id") {
			copy(c.Request.Client[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "client"))
			c.Request.Sequence = rapid.Uint64Min(1).Draw(t, "sequence")
		}
		got, ok := decoded(c.AppendTo(nil))
		if !ok || got.Request != c.Request || len(got.Writes) != len(c.Writes) {
			t.Fatalf("%+v became %+v", c, got)
		}
		for i, w := range c.Writes {
			g := got.Writes[i]
			if g.Kind != w.Kind || g.Expect != w.Expect || g.Previous != w.Previous || g.MaxValue != w.MaxValue ||
				!bytes.Equal(g.Key, w.Key) || !bytes.Equal(g.Value, w.Value) {
				t.Fatalf("write %d, %+v, became %+v", i, w, g)
			}
		}
	})
}

// FuzzCommand: no bytes make a state panic, and malformed ones change nothing.
func FuzzCommand(f *testing.F) {
	c := Command{Request: RequestID{ClientID{1}, 1}, Writes: []Write{
		{Kind: Put, Key: []byte("k"), Value: []byte("v"), Expect: 0, Previous: true},
		{Kind: Append, Key: []byte("k"), Value: []byte("w"), Expect: AnyVersion, MaxValue: 10},
		{Kind: Delete, Key: []byte("k"), Expect: AnyVersion},
	}}
	f.Add(c.AppendTo(nil))
	f.Add(AppendForget(nil, 1000))
	f.Add(AppendCompare(nil, 1000, 1<<63, 3))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, command []byte) {
		state, store := NewState(Totals{}, nil, MaxSessions), newMemory()
		reply, err := state.Apply(store, 1, command, nil)
		if err != nil {
			if len(store.keys)+len(store.replies)+state.Sessions() > 0 {
				t.Errorf("a malformed command changed something: %+v", store)
			}
			return
		}
		if _, err := DecodeReply(reply); err != nil {
			t.Errorf("the reply %x cannot be read: %v", reply, err)
		}
	})
}

// FuzzReply: no bytes make the decoder panic, and what it reads is encoded to something that reads the same.
func FuzzReply(f *testing.F) {
	for _, reply := range []Reply{
		{Results: []Result{{Version: 7, Existed: true, Previous: []byte("before")}, {}}},
		{Outcome: VersionMismatch, Refused: 1, Actual: 9},
		{Outcome: UnknownClient},
	} {
		f.Add(reply.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		reply, err := DecodeReply(encoded)
		if err != nil {
			return
		}
		again, err := DecodeReply(reply.AppendTo(nil))
		if err != nil || !same(reply, again) {
			t.Errorf("%+v was read from %x, but then %+v, %v", reply, encoded, again, err)
		}
	})
}
