package storage

import (
	"encoding/binary"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

// onDisk opens a store in a folder of the machine, so that its files are not in memory.
func onDisk(tb testing.TB, dir string) (*Store, *State) {
	tb.Helper()
	store, err := Open(Options{Dir: dir, Logger: discard})
	if err != nil {
		tb.Fatal(err)
	}
	state, err := store.openState(0, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return store, state
}

// ofClient is the command of one of many clients, that writes something to one key.
func ofClient(client int, sequence uint64, kind kv.Kind, value string) []byte {
	write := kv.Write{Kind: kind, Key: []byte("key"), Value: []byte(value), Expect: kv.AnyVersion, MaxValue: 1 << 30}
	command := kv.Command{Request: kv.RequestID{Sequence: sequence}, Writes: []kv.Write{write}}
	binary.LittleEndian.PutUint64(command.Request.Client[:], uint64(client))
	return command.AppendTo(nil)
}

// TestMemory_sessions: a client that has written costs no more than is promised, also after the store was
// opened again.
func TestMemory_sessions(t *testing.T) {
	const (
		clients = 100_000
		each    = 200 // bytes
	)
	dir := t.TempDir()
	store, state := onDisk(t, dir)
	for entry := range uint64(100) {
		var commands [][]byte
		for i := range clients / 100 {
			commands = append(commands, ofClient(int(entry)*clients/100+i, 1, kv.Put, "value"))
		}
		if _, _, err := state.Apply(Position{1, Index(entry + 1)}, kv.Millis(entry), commands); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string) {
		if sessions := state.Figures().Sessions; sessions != clients {
			t.Fatalf("%s: %d clients are remembered", when, sessions)
		}
		cost := enginetest.Heap()
		state, store.open = nil, nil // what Pebble has of its own stays
		cost -= enginetest.Heap()
		if cost > clients*each {
			t.Errorf("%s: each client costs %d bytes, more than %d", when, cost/clients, each)
		}
		if cost < clients*16 {
			t.Errorf("%s: %d clients cost %d bytes, less than their ids: this test has lost its subject", when, clients, cost)
		}
		t.Logf("%s: each client costs %d bytes", when, cost/clients)
	}
	check("first")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store, state = onDisk(t, dir)
	defer store.Close()
	check("opened again")
}

// TestMemory_appends: the replies to appends are as long as the value was. They do not pile up in memory; on disk
// there is one for each client.
func TestMemory_appends(t *testing.T) {
	if enginetest.Racing {
		t.Skip("the race detector takes memory of its own, and a minute")
	}
	const (
		appends = 1000
		length  = 1000
		// All replies together are 500 MB. Pebble's own memory is part of Go's heap when there is no cgo.
		most = 64<<20 + 64<<20 + 8*8<<20 // beside its cache and its tables in memory
	)
	for name, clients := range map[string]int{"one client": 1, "a client each": appends} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			store, state := onDisk(t, dir)
			defer func() { store.Close() }()
			opened := enginetest.Heap()
			for i := range appends {
				command := ofClient(i%clients, uint64(i/clients)+1, kv.Append, strings.Repeat("v", length))
				if _, _, err := state.Apply(Position{1, Index(i + 1)}, 1, [][]byte{command}); err != nil {
					t.Fatal(err)
				}
			}
			if f := state.Figures(); f.Bytes != appends*length+3 || f.Sessions != clients {
				t.Fatalf("after %d appends of %d bytes: %+v", appends, length, f)
			}
			if grown := enginetest.Heap() - opened; grown > most {
				t.Errorf("the heap has grown by %d bytes, more than %d", grown, most)
			}
			if err := store.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			size := tables(t, dir)
			t.Logf("%d bytes on disk", size)
			if one := size <= 2*appends*length; one != (clients == 1) {
				t.Errorf("a value of %d bytes and the replies to %d clients take %d bytes on disk", appends*length, clients, size)
			}
			store, state = onDisk(t, dir)
			if grown := enginetest.Heap() - opened; grown > most {
				t.Errorf("opened again, the heap has grown by %d bytes, more than %d", grown, most)
			}
			runtime.KeepAlive(state)
		})
	}
}

// tables returns the length of all of Pebble's tables in a folder. Its logs are used again and again.
func tables(tb testing.TB, dir string) (size int64) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(entry.Name()) != ".sst" {
			return err
		}
		info, err := entry.Info()
		size += info.Size()
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return size
}
