package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// survivor makes the folder of node 1 of two, which has the shards 0 and 1 together with node 2.
func survivor(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	store, err := storage.Open(storage.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := shard.Form(shard.ClusterID{1}, 1, []shard.Node{{ID: 1, Store: store.StoreID()}, {ID: 2, Store: shard.StoreID{2}}}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Form(cluster, 1); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// expectRecovery runs the verb recover, which must end well, and print all that it is to say, and nothing that it is not.
func expectRecovery(t *testing.T, dir, args string, says, notSays []string) {
	t.Helper()
	command := program(t, append([]string{"recover", "--data-dir=" + dir}, strings.Fields(args)...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("recover %s: %v, and it said %s", args, err, &stderr)
	}
	for _, part := range says {
		if !strings.Contains(string(out), part) {
			t.Errorf("recover %s does not say %q:\n%s", args, part, out)
		}
	}
	for _, part := range notSays {
		if strings.Contains(string(out), part) {
			t.Errorf("recover %s says %q:\n%s", args, part, out)
		}
	}
}

// TestRecover: without --unsafe it shows and changes nothing, with it the shards that are named are recovered, and those of --all
// that are left; one that is alone already is refused if it is named.
func TestRecover(t *testing.T) {
	dir := survivor(t)
	shown := []string{
		"shard 0: members 1, 2, version 1; the log of member 1 here goes to term 0, entry 0", "shard 1: members 2, 1, version 1",
		"shard 0: member 1 would be the only one", "shard 1: member 1 would be the only one", "will be lost", "Nothing was changed", "never be used again",
	}
	for range 2 { // the first time has changed nothing
		expectRecovery(t, dir, "", shown, []string{"is the only one"})
	}
	expectRecovery(t, dir, "--shard=1", []string{"shard 1: member 1 would be"}, []string{"shard 0: member 1 would be"})
	expectRecovery(t, dir, "--unsafe --shard=0", []string{"shard 0: member 1 is the only one that votes, version 1001", "is lost", "never be used again", "kv member add"}, []string{"shard 1: member 1 is", "Nothing was changed"})
	expectRefusal(t, program(t, "recover", "--data-dir="+dir, "--unsafe", "--shard=0"), 1, "shard 0", dir, "the only voter already")
	expectRecovery(t, dir, "--unsafe --all", []string{"shard 0: members 1, version 1001", "shard 1: member 1 is the only one that votes"}, []string{"shard 0: member 1 is"})
	expectRecovery(t, dir, "--unsafe --all", []string{"nothing to recover"}, []string{"is lost"})
}

// TestRecover_refused: what cannot be recovered is refused in one line, and stays as it is.
func TestRecover_refused(t *testing.T) {
	dir := survivor(t)
	for args, says := range map[string]string{
		"--unsafe":                   "--shard S, or --all",
		"--unsafe --all --shard=1":   "--all and --shard are both given",
		"--unsafe --shard=many":      "many",
		"--shard=1 --frob":           "--frob",
		"--unsafe --shard=1 nothing": "nothing",
	} {
		expectRefusal(t, program(t, append([]string{"recover", "--data-dir=" + dir}, strings.Fields(args)...)...), 2, says)
	}
	expectRefusal(t, program(t, "recover", "--data-dir="+dir, "--unsafe", "--shard=0", "--shard=2"), 1, dir, "no replica of a shard 2")
	expectRecovery(t, dir, "", []string{"shard 0: member 1 would be"}, nil) // it was not recovered either

	none := program(t, "recover", "--data-dir=none")
	expectRefusal(t, none, 1, "there is no store in none")
	if _, err := os.Stat(filepath.Join(none.Dir, "none")); err == nil {
		t.Error("a folder was made")
	}
	used := filepath.Join(t.TempDir(), "data")
	server := startServer(t, "--data-dir="+used)
	expectRefusal(t, program(t, "recover", "--data-dir="+used, "--unsafe", "--all"), 1, used, "in use by another process")
	server.stop(t)
	expectRefusal(t, program(t, "recover", "--data-dir="+used, "--unsafe", "--shard=0"), 1, "the only voter already")

	manifests, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatal(manifests, err)
	}
	for _, manifest := range manifests {
		if err := os.Truncate(manifest, 10); err != nil {
			t.Fatal(err)
		}
	}
	expectRefusal(t, program(t, "recover", "--data-dir="+dir, "--unsafe", "--all"), 1, dir, "restore a backup")
}
