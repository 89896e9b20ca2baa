// Package handout goes through the steps of the course's hand-out, with its command lines to the
// letter: a marker types these, and so they must work.
package handout

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"numstore.example/compat/internal/pyenv"
)

// The hand-out's command lines, and the folder each is typed in.
const (
	ProtocLine = "python3 -m grpc_tools.protoc -I=. --python_out=. --grpc_python_out=. numstore.proto" // contracts
	BuildLine  = "docker build -t p2 ."                                                                // the root
	RunLine    = "docker run -d -p 54321:5440 p2"                                                      // anywhere
	ClientLine = "python3 client.py 54321 > out.txt"                                                   // compat
)

// label marks the images of this repository (see its Dockerfile), and so their containers.
const label = "org.opencontainers.image.title=numstore"

// Build makes the image p2. What Docker prints goes to progress.
func Build(ctx context.Context, root string, progress io.Writer) error {
	build := shell(ctx, root, BuildLine)
	build.Stdout, build.Stderr = progress, progress
	return explain(BuildLine, build.Run())
}

// Submit builds the image, runs the client against a container of it, and returns what the client
// printed. The container is removed at the end, and so are those of earlier runs that hold the port.
func Submit(ctx context.Context, root string, python pyenv.Python, progress io.Writer) (output []byte, err error) {
	if err := Build(ctx, root, progress); err != nil {
		return nil, err
	}
	if err := removeContainers(ctx, "publish=54321"); err != nil {
		return nil, err
	}
	container, err := run(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		// Whatever has happened, and even if ctx is done.
		if _, removeErr := docker(context.WithoutCancel(ctx), "rm", "--force", container); err == nil {
			err = removeErr
		}
	}()
	if err := waitReady(ctx, container); err != nil {
		return nil, err
	}
	return runClient(ctx, root, python)
}

// run starts the container and returns its id.
func run(ctx context.Context) (string, error) {
	output, err := shell(ctx, "", RunLine).Output()
	if err != nil {
		removeContainers(context.WithoutCancel(ctx), "status=created") // Docker leaves it behind
		return "", explain(RunLine, err)
	}
	return strings.TrimSpace(string(output)), nil
}

// waitReady returns when the server in the container takes calls. Docker's own proxy accepts
// connections to the port before that.
func waitReady(ctx context.Context, container string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		_, err := docker(ctx, "exec", container, "/server", "healthcheck")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			logs, _ := docker(context.WithoutCancel(ctx), "logs", container)
			return fmt.Errorf("the container did not become ready: %w\n%s", err, logs)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// runClient returns what the client printed, if it succeeded.
func runClient(ctx context.Context, root string, python pyenv.Python) ([]byte, error) {
	folder := filepath.Join(root, "compat")
	client := shell(ctx, folder, ClientLine)
	client.Env = python.Environ()
	if _, err := client.Output(); err != nil {
		return nil, explain(ClientLine, err)
	}
	return os.ReadFile(filepath.Join(folder, "out.txt"))
}

// removeContainers removes the containers of this repository's images that the filter picks.
func removeContainers(ctx context.Context, filter string) error {
	ids, err := docker(ctx, "ps", "--all", "--quiet", "--filter", "label="+label, "--filter", filter)
	if err != nil {
		return err
	}
	for _, id := range strings.Fields(ids) {
		if _, err := docker(ctx, "rm", "--force", id); err != nil {
			return err
		}
	}
	return nil
}

func docker(ctx context.Context, args ...string) (string, error) {
	output, err := exec.CommandContext(ctx, "docker", args...).Output()
	return string(output), explain("docker "+strings.Join(args, " "), err)
}

func shell(ctx context.Context, folder, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.Dir = folder
	return command
}

// explain adds the command line and what it complained of.
func explain(line string, err error) error {
	if err == nil {
		return nil
	}
	if exit, ok := err.(*exec.ExitError); ok && len(exit.Stderr) > 0 {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return fmt.Errorf("%s: %w", line, err)
}
