// Package pyenv finds or makes the Python environments that the clients of the suite run in. What it
// makes is kept in the user's cache folder, outside the checkout, and found again by what it holds.
package pyenv

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Python is an interpreter whose environment holds what was asked for.
type Python struct {
	// Path is the interpreter's executable.
	Path string
}

// Command returns a command of this interpreter. It writes no bytecode into the checkout.
func (p Python) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, p.Path, args...)
	command.Env = p.Environ()
	return command
}

// Environ returns this process's environment, changed so that `python3` means this interpreter.
func (p Python) Environ() []string {
	path := filepath.Dir(p.Path) + string(os.PathListSeparator) + os.Getenv("PATH")
	return append(os.Environ(), "PATH="+path, "PYTHONDONTWRITEBYTECODE=1")
}

// ForClients returns an interpreter that can run the programs in compat/: python3 as it is when it can
// import the committed stubs, otherwise an environment of its own.
func ForClients(ctx context.Context, root string) (Python, error) {
	if path, err := exec.LookPath("python3"); err == nil {
		python := Python{path}
		check := python.Command(ctx, "-c", "import numstore_pb2_grpc")
		check.Env = append(check.Env, "PYTHONPATH="+filepath.Join(root, "contracts", "python"))
		if check.Run() == nil {
			return python, nil
		}
	}
	return Ensure(ctx, filepath.Join(root, "compat", "requirements.txt"))
}

// Ensure returns an interpreter with what a requirements file names and nothing else. The first call
// for a file downloads it, which takes some seconds; later ones find it.
func Ensure(ctx context.Context, requirements string) (Python, error) {
	wanted, err := os.ReadFile(requirements)
	if err != nil {
		return Python{}, err
	}
	version, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print(sys.executable, sys.version)").Output()
	if err != nil {
		return Python{}, fmt.Errorf("python3 is needed: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Python{}, fmt.Errorf("no place to keep a Python environment: %w", err)
	}
	key := sha256.Sum256(append(version, wanted...))
	dir := filepath.Join(cache, "numstore.example", fmt.Sprintf("python-%x", key[:8]))
	python := Python{filepath.Join(dir, "bin", "python3")}
	if _, err := os.Stat(python.Path); err == nil {
		return python, nil
	}
	fmt.Fprintf(os.Stderr, "making a Python environment for %s, once\n", filepath.Base(requirements))
	return python, create(ctx, dir, requirements)
}

// create makes the environment beside its place and moves it there when it is complete, so that an
// interrupted or a simultaneous run never leaves half of one. Its programs other than the interpreter
// know their old place and are not used.
func create(ctx context.Context, dir, requirements string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "draft-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(draft)

	python := filepath.Join(draft, "bin", "python3")
	for _, command := range [][]string{
		{"python3", "-m", "venv", draft},
		// Wheels only: building gRPC from source takes an hour, and a missing wheel is better said.
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "-r", requirements},
	} {
		if output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, output)
		}
	}
	if err := os.Rename(draft, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr == nil {
			return nil // somebody else was faster
		}
		return err
	}
	return nil
}
