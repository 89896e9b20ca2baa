// Package repo finds its way about the checkout: where its root is, and how its programs are built.
package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Root returns the folder that holds go.work, from whichever folder below it this process runs in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.work in this folder or above it; run this inside the checkout")
		}
		dir = parent
	}
}

// Build compiles the program in a package, such as ./services/numstore, into a folder, and returns the
// path of the executable.
func Build(ctx context.Context, root, pkg, folder string) (string, error) {
	executable := filepath.Join(folder, filepath.Base(pkg))
	build := Go(ctx, root, "build", "-o", executable, pkg)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, output)
	}
	return executable, nil
}

// Go returns a go command in the root, which sees the whole workspace however this process was started.
func Go(ctx context.Context, root string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = root
	command.Env = append(os.Environ(), "GOWORK=")
	return command
}
