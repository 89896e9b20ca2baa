package compat

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"numstore.example/compat/internal/handout"
)

// TestHandout_protoc types the hand-out's protoc line where the contract lies, and runs the client with
// the stubs that it made instead of the committed ones.
func TestHandout_protoc(t *testing.T) {
	python := generator(t)
	folder := t.TempDir()
	copyFile(t, filepath.Join(root(), "contracts", "numstore.proto"), folder)
	copyFile(t, filepath.Join(root(), "compat", "client.py"), folder)

	protoc := exec.Command("sh", "-c", handout.ProtocLine)
	protoc.Dir, protoc.Env = folder, python.Environ()
	if output, err := protoc.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", handout.ProtocLine, err, output)
	}
	client := python.Command(t.Context(), "client.py", startProcess(t))
	client.Dir = folder
	found, _ := runClient(t, client)
	checkFigures(t, found)
}

func copyFile(t *testing.T, path, folder string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, filepath.Base(path)), content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestHandout_submit goes through the rest of the hand-out, twice, the first time with a container of
// an earlier run in the way.
func TestHandout_submit(t *testing.T) {
	requireEngine(t)
	python := python(t, "newest")
	if _, err := image(); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command("sh", "-c", handout.RunLine).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", handout.RunLine, err, output)
	}
	for range 2 {
		output, err := handout.Submit(t.Context(), root(), python, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		found, _ := parseFigures(t, string(output))
		checkFigures(t, found)
	}
	left, err := exec.Command("docker", "ps", "--quiet", "--filter", "publish=54321").Output()
	if err != nil || strings.TrimSpace(string(left)) != "" {
		t.Errorf("containers that were left behind: %q, %v", left, err)
	}
}

// TestImage_healthcheck waits for the image's own HEALTHCHECK, which Docker runs inside the container,
// and expects the server to end well when Docker stops it.
func TestImage_healthcheck(t *testing.T) {
	requireEngine(t)
	name, err := image()
	if err != nil {
		t.Fatal(err)
	}
	server, err := testcontainers.Run(t.Context(), name, testcontainers.WithWaitStrategy(wait.ForHealthCheck()))
	testcontainers.CleanupContainer(t, server)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	state, err := server.State(context.Background())
	if err != nil || state.ExitCode != 0 {
		t.Errorf("after `docker stop` the container's exit status is %d, %v; want 0", state.ExitCode, err)
	}
}
