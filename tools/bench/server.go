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
	command // its address is known
	process *exec.Cmd
}

// startServer returns once the server has printed that it is ready.
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
	if err := s.awaitReady(output); err != nil {
		s.stop()
		return nil, err
	}
	go io.Copy(io.Discard, output) // ends with the process
	return s, nil
}

// awaitReady reads what the server prints until it is ready. The line that says so ends in the address, unless that is known.
func (s *server) awaitReady(output *bufio.Reader) error {
	last := ""
	for {
		line, err := output.ReadString('\n')
		if s.ready != "" && strings.Contains(line, s.ready) {
			return nil
		}
		if _, addr, found := strings.Cut(strings.TrimSpace(line), " listening on "); found {
			if _, port, err := net.SplitHostPort(addr); err == nil {
				s.address = net.JoinHostPort("localhost", port)
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("%s did not become ready: the last that it printed is %q", s.name, last)
		}
		last = line
	}
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
