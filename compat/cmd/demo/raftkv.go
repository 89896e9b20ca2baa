package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/repo"
)

// raftkv shows that what raftkv has acknowledged survives its death: it starts a server in a new folder,
// writes through kv, kills the server, starts it again, and reads.
func raftkv(ctx context.Context, root, bin string) error {
	server, err := repo.Build(ctx, root, "./services/raftkv", bin)
	if err != nil {
		return err
	}
	kv, err := repo.Build(ctx, root, "./tools/kv", bin)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "raftkv-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	scene := scene{ctx: ctx, server: server, kv: kv, folder: folder}
	scene.start()
	scene.call("put", "greeting", "hello")
	scene.call("append", "greeting", ", world")
	scene.kill()
	scene.start()
	scene.call("get", "greeting")
	scene.stop()
	return scene.err
}

// scene runs one step after the other until one fails.
type scene struct {
	ctx                context.Context
	server, kv, folder string

	running *process.Server
	err     error
}

func (s *scene) start() {
	if s.err != nil {
		return
	}
	fmt.Printf("$ raftkv --data-dir %s &\n", s.folder)
	s.running, s.err = process.Start(s.ctx, s.server, "--addr", "localhost:0", "--data-dir", s.folder)
}

func (s *scene) call(args ...string) {
	if s.err != nil {
		return
	}
	command := exec.CommandContext(s.ctx, s.kv, append(args, "--servers", "localhost:"+s.running.Port)...)
	fmt.Printf("$ kv %s\n", strings.Join(args, " "))
	output, err := command.CombinedOutput()
	fmt.Printf("  %s\n", strings.TrimSpace(string(output)))
	if err != nil {
		s.err = fmt.Errorf("%s %s: %w", filepath.Base(s.kv), args[0], err)
	}
}

func (s *scene) kill() {
	if s.err != nil {
		return
	}
	fmt.Printf("$ kill -9 %d\n", s.running.PID())
	s.err = s.running.Kill()
	s.running = nil
}

// stop stops what still runs, after a failure too.
func (s *scene) stop() {
	if s.running == nil {
		return
	}
	if err := s.running.Stop(); s.err == nil {
		s.err = err
	}
}
