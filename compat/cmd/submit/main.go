// Submit is the course's submission: it builds the image p2, runs the Python client against a container
// of it on port 54321, prints what the client printed, and keeps that in out.txt. When anything fails,
// out.txt stays as it was.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"numstore.example/compat/internal/handout"
	"numstore.example/compat/internal/pyenv"
	"numstore.example/compat/internal/repo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := submit(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "submit:", err)
		os.Exit(1)
	}
}

func submit(ctx context.Context) error {
	root, err := repo.Root()
	if err != nil {
		return err
	}
	python, err := pyenv.ForClients(ctx, root)
	if err != nil {
		return err
	}
	output, err := handout.Submit(ctx, root, python, os.Stderr)
	if err != nil {
		return err
	}
	os.Stdout.Write(output)
	return os.WriteFile(filepath.Join(root, "out.txt"), output, 0o644)
}
