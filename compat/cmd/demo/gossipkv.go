package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/repo"
)

// unmet is the status of kv when the server does not have yet what the session has seen.
const unmet = 4

// gossipkv shows that two servers that are cut apart both take writes, say so when a session has seen more than they have, and become
// equal when they are linked again.
func gossipkv(ctx context.Context, root, bin string) error {
	for _, program := range []string{"./services/gossipkv", "./tools/kv"} {
		if _, err := repo.Build(ctx, root, program, bin); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "gossipkv-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	s := &shell{ctx: ctx, bin: bin, folder: folder}
	fmt.Printf("\n$ cd %s\n", folder)
	s.run(0, "umask 077; head -c 24 /dev/urandom | base64 > token")
	s.export("KV_SERVICE=gossipkv", "KV_SESSION=session", "KV_ADMIN_TOKEN_FILE=token")
	one, two := s.serve(1), s.serve(2)
	s.run(0, "kv connect --servers %s %s", one, two)
	s.run(0, "kv put --servers %s color green", one)
	s.run(0, "until kv get --servers %s color 2> unmet; do sleep 0.1; done", two)

	s.run(0, "kv disconnect --servers %s 2", one)
	s.run(0, "kv put --servers %s color red", one)
	s.run(unmet, "kv get --servers %s color", two)
	s.run(0, "kv put --servers %s color blue", two)
	s.run(unmet, "kv get --servers %s color", one)

	s.run(0, "kv connect --servers %s %s", one, two)
	s.run(0, "until kv get --servers %s color 2> unmet; do sleep 0.1; done", one)
	s.run(0, "kv scan --servers %s > one; kv scan --servers %s > two; diff one two && echo equal", one, two)
	return errors.Join(s.err, s.stop())
}

// shell runs one command after the other until one fails, each as it is shown.
type shell struct {
	ctx         context.Context
	bin, folder string   // where the programs are, and where commands run
	variables   []string // of the environment, as NAME=VALUE

	servers []*process.Server
	err     error
}

func (s *shell) export(variables ...string) {
	fmt.Printf("$ export %s\n", strings.Join(variables, " "))
	s.variables = variables
}

// serve starts a server with a number, and returns its address.
func (s *shell) serve(number int) (address string) {
	if s.err != nil {
		return ""
	}
	data := fmt.Sprint("data-", number)
	fmt.Printf("$ gossipkv --id %d --data-dir %s --admin-token-file token &\n", number, data)
	server, err := process.Start(s.ctx, filepath.Join(s.bin, "gossipkv"), "--addr", "localhost:0", "--id", fmt.Sprint(number),
		"--data-dir", filepath.Join(s.folder, data), "--admin-token-file", filepath.Join(s.folder, "token"))
	if err != nil {
		s.err = err
		return ""
	}
	s.servers = append(s.servers, server)
	fmt.Printf("  gossipkv listening on localhost:%s\n", server.Port)
	return "localhost:" + server.Port
}

// run runs a command that is to end with a status.
func (s *shell) run(status int, format string, args ...any) {
	if s.err != nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	fmt.Printf("$ %s\n", text)
	command := exec.CommandContext(s.ctx, "sh", "-c", text)
	command.Dir = s.folder
	command.Env = append(os.Environ(), append(s.variables, "PATH="+s.bin+string(os.PathListSeparator)+os.Getenv("PATH"))...)
	output, err := command.CombinedOutput()
	if shown := strings.TrimSpace(string(output)); shown != "" {
		fmt.Printf("  %s\n", strings.ReplaceAll(shown, "\n", "\n  "))
	}
	if command.ProcessState == nil || command.ProcessState.ExitCode() != status {
		s.err = fmt.Errorf("%s: %w; want status %d", text, err, status)
	}
}

// stop stops all servers, after a failure too.
func (s *shell) stop() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Stop())
	}
	return err
}
