package compat

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/compat/internal/process"
	"numstore.example/contracts/raftkvpb"
)

// TestRaftkv_damage flips single bits in the files of a server that was killed. Each time the server refuses to
// start, in a line that names a file and what to do, or a read fails with DATA_LOSS, or everything that was acknowledged
// is there: never a wrong value, never silently less.
func TestRaftkv_damage(t *testing.T) {
	seed := newSeed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	crowd := newCrowd(seed)
	server := newKVProcess(t)
	for range 2 { // what the first start wrote lies in tables after the second
		crowd.writeUntil(t, server, 200, server.kill)
		server.start(t)
		if err := crowd.repeat(t.Context(), dialRaftkv(t, server.port())); err != nil {
			t.Fatal(err)
		}
	}
	crowd.writeUntil(t, server, 200, server.kill)

	samples := 4
	if torture() {
		samples = 60
	}
	outcomes := make(map[string]int)
	for _, file := range filesOf(t, server.folder) {
		for range min(samples, len(file.content)) {
			at, bit := rng.IntN(len(file.content)), rng.IntN(8)
			outcome := startDamaged(t, server, file, at, byte(1)<<bit, crowd)
			outcomes[outcome]++
			if t.Failed() {
				t.Fatalf("%s, byte %d of %d, bit %d", file.name, at, len(file.content), bit)
			}
		}
	}
	t.Logf("of the flipped bits: %v", outcomes)
	if outcomes["refused"] == 0 {
		t.Error("no damage was ever refused: was any done?")
	}
}

// startCopy starts a server on a copy of a killed one's folder, after a change to that.
func startCopy(t *testing.T, killed *kvProcess, change func(folder string)) (*process.Server, error) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(folder, os.DirFS(killed.folder)); err != nil {
		t.Fatal(err)
	}
	change(folder)
	return process.Start(t.Context(), killed.executable, "--addr=localhost:0", "--data-dir="+folder)
}

type dataFile struct {
	name    string
	content []byte
}

func filesOf(t *testing.T, folder string) (files []dataFile) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, dataFile{entry.Name(), content})
	}
	return files
}

// startDamaged starts a server on a copy with a flipped bit, and returns what came of it.
func startDamaged(t *testing.T, killed *kvProcess, file dataFile, at int, bit byte, crowd *crowd) (outcome string) {
	t.Helper()
	server, err := startCopy(t, killed, func(folder string) {
		damaged := slices.Clone(file.content)
		damaged[at] ^= bit
		if err := os.WriteFile(filepath.Join(folder, file.name), damaged, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		checkRefusedStart(t, err)
		return "refused"
	}
	defer server.Kill()
	held := make(map[string]string)
	err = scan(t.Context(), dialRaftkv(t, server.Port), &raftkvpb.ScanRequest{}, func(pair *raftkvpb.Pair) {
		held[string(pair.GetKey())] = string(pair.GetValue())
	})
	switch {
	case status.Code(err) == codes.DataLoss && namesWhatToDo(status.Convert(err).Message()):
		return "data loss"
	case err != nil:
		t.Errorf("the scan failed with %v", err)
	default:
		if err := crowd.compare(held); err != nil {
			t.Errorf("of what was acknowledged: %v", err)
		}
	}
	return "all there"
}

// checkRefusedStart expects status 1 and a last line that says it all.
func checkRefusedStart(t *testing.T, err error) {
	t.Helper()
	var exit *exec.ExitError
	said := strings.TrimSpace(err.Error())
	last := said[strings.LastIndex(said, "\n")+1:]
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasPrefix(last, "raftkv: ") || !namesWhatToDo(last) || strings.Contains(said, "goroutine ") {
		t.Errorf("the server refused to start, but not in a line that names a file and what to do: %.300s\nAll of it: %.2000s", last, said)
	}
}

// namesWhatToDo says whether a message names the folder or a file in it, and tells what to do.
func namesWhatToDo(message string) bool {
	return strings.Contains(message, "copy") && (strings.Contains(message, "restore a backup") || strings.Contains(message, "OPTIONS") && strings.Contains(message, "remove it"))
}
