package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// server is a server process that is measured.
type server struct {
	command
	address string // host:port
	process *exec.Cmd
}

// startServer returns once the server has printed its ready line, which ends in its address.
func startServer(ctx context.Context, command command) (*server, error) {
	process := exec.CommandContext(ctx, command.args[0], command.args[1:]...)
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	s := &server{command: command, process: process}
	output := bufio.NewReader(stdout)
	line, _ := output.ReadString('\n')
	_, addr, _ := strings.Cut(strings.TrimSpace(line), " listening on ")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s did not become ready: it printed %q", command.name, line)
	}
	s.address = net.JoinHostPort("localhost", port)
	go io.Copy(io.Discard, output) // ends with the process
	return s, nil
}

// stop ends the server as an operator would.
func (s *server) stop() {
	s.process.Process.Signal(syscall.SIGTERM)
	s.process.Wait()
}

// kill ends the server as a crash would.
func (s *server) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

// freeAddress returns an address of this machine that nobody listens on. Somebody may take it before the
// server does that it is for; the server then says so.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
