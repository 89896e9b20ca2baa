// Demo shows the servers at work, on free ports. It kills a raftkv and reads what that had acknowledged; then
// it runs the Go client and, where Python is there, the Python client against a numstore; at last it cuts two servers of
// gossipkv apart, writes to both, and links them again.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/pyenv"
	"numstore.example/compat/internal/repo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) error {
	root, err := repo.Root()
	if err != nil {
		return err
	}
	bin := filepath.Join(root, "bin")
	for _, scene := range []func(ctx context.Context, root, bin string) error{raftkv, numstore, gossipkv} {
		if err := scene(ctx, root, bin); err != nil {
			return err
		}
	}
	return nil
}

// numstore runs the clients, each against a server of its own.
func numstore(ctx context.Context, root, bin string) error {
	server, err := repo.Build(ctx, root, "./services/numstore", bin)
	if err != nil {
		return err
	}
	loadgen, err := repo.Build(ctx, root, "./tools/loadgen", bin)
	if err != nil {
		return err
	}

	err = against(ctx, server, func(port string) *exec.Cmd {
		fmt.Printf("\n$ loadgen %s\n", port)
		return exec.CommandContext(ctx, loadgen, port)
	})
	if err != nil {
		return err
	}
	python, err := pyenv.ForClients(ctx, root)
	if err != nil {
		fmt.Printf("\nThe Python client was left out: %v\n", err)
		return nil
	}
	return against(ctx, server, func(port string) *exec.Cmd {
		fmt.Printf("\n$ python3 compat/client.py %s\n", port)
		return python.Command(ctx, filepath.Join(root, "compat", "client.py"), port)
	})
}

// against runs a client against a server of its own: the keys that one client has set would change the
// figures of the next.
func against(ctx context.Context, executable string, client func(port string) *exec.Cmd) error {
	server, err := process.Start(ctx, executable, "--addr", "localhost:0")
	if err != nil {
		return err
	}
	command := client(server.Port)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		server.Stop()
		return fmt.Errorf("%s: %w", filepath.Base(command.Path), err)
	}
	return server.Stop()
}
