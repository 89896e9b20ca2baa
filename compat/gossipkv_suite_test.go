package compat

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/golden"
	"numstore.example/contracts/gossipkvpb"
)

// openServer starts a server with flags, until the end of the test.
type openServer = func(t *testing.T, flags ...string) restartable

// gossipkvColumns are the ways to run gossipkv, as columns are those of numstore.
var gossipkvColumns = []struct {
	name    string
	require func(*testing.T)
	open    openServer // of server 1
}{
	{"process", func(*testing.T) {}, func(t *testing.T, flags ...string) restartable {
		s := prepareStore(t, "gossipkv", append(flags, "--id=1")...)
		s.start(t)
		return s
	}},
	{"container", requireEngine, func(t *testing.T, flags ...string) restartable {
		return newContainer(t, gossipkvImage, "8000/tcp", append(flags, "--id=1")...)
	}},
}

// eachGossipkv runs a test against every way to run the server.
func eachGossipkv(t *testing.T, test func(t *testing.T, open openServer)) {
	for _, column := range gossipkvColumns {
		t.Run(column.name, func(t *testing.T) {
			column.require(t)
			test(t, column.open)
		})
	}
}

// eachGossipkvPython runs a test against every way to run the server, with every Python.
func eachGossipkvPython(t *testing.T, test func(t *testing.T, open openServer, python pyenv.Python)) {
	eachGossipkv(t, func(t *testing.T, open openServer) {
		for _, name := range pythons {
			t.Run("python-"+name, func(t *testing.T) { test(t, open, python(t, name)) })
		}
	})
}

// dialGossipkv returns a client of the server on a port of this machine, on a connection of its own.
func dialGossipkv(t *testing.T, port string) gossipkvpb.GossipKVClient {
	t.Helper()
	return gossipkvpb.NewGossipKVClient(dialPort(t, port))
}

// startGossipkv starts a gossipkv with a number and data of its own as a process, and returns its address.
func startGossipkv(t *testing.T, id int, flags ...string) (address string) {
	t.Helper()
	flags = append(flags, "--addr=localhost:0", fmt.Sprint("--id=", id), "--data-dir="+filepath.Join(t.TempDir(), "data"))
	server, err := process.Start(context.Background(), build(t, "./services/gossipkv"), flags...) // Stop ends it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server %d logged:\n%s", id, server.Log())
		}
	})
	return "localhost:" + server.Port
}

// TestGossipkv_wire is TestWire for gossipkv.
func TestGossipkv_wire(t *testing.T) {
	file, err := golden.Read("gossipkv")
	if err != nil {
		t.Fatal(err)
	}
	eachGossipkv(t, func(t *testing.T, open openServer) { sendGolden(t, open(t).port(), file, 0) })
}
