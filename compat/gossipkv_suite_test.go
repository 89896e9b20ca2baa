package compat

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/compat/internal/process"
	"numstore.example/contracts/golden"
)

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
	sendGolden(t, strings.TrimPrefix(startGossipkv(t, 1), "localhost:"), file, 0)
}
