// Package process starts servers as plain processes, and stops them.
package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Server is a running server process.
type Server struct {
	// Port is the one that its ready line names; empty before AwaitReady has returned.
	Port string

	command *exec.Cmd
	output  *bufio.Reader
	log     *logBuffer
}

// Start runs a server and returns once it has printed its ready line, "NAME listening on HOST:PORT".
// It is killed when ctx is done; Stop is the friendly way.
func Start(ctx context.Context, executable string, args ...string) (*Server, error) {
	server, err := Launch(ctx, executable, args...)
	if err == nil {
		err = server.AwaitReady()
	}
	if err != nil {
		return nil, err
	}
	return server, nil
}

// Launch is Start for who does not wait for the ready line. AwaitReady is to be called next.
func Launch(ctx context.Context, executable string, args ...string) (*Server, error) {
	server := &Server{command: exec.CommandContext(ctx, executable, args...), log: new(logBuffer)}
	server.command.Stderr = server.log
	stdout, err := server.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	server.output = bufio.NewReader(stdout)
	if err := server.command.Start(); err != nil {
		return nil, err
	}
	return server, nil
}

// AwaitReady waits for the ready line. After an error the server has ended.
func (s *Server) AwaitReady() (err error) {
	line, _ := s.output.ReadString('\n') // at the end of the output the line is empty
	_, addr, _ := strings.Cut(strings.TrimSpace(line), " listening on ")
	_, s.Port, err = net.SplitHostPort(addr)
	if err != nil {
		s.command.Process.Kill()
		err := s.command.Wait() // how it ended by itself, if it has
		return fmt.Errorf("%s did not become ready (%w): it printed %q and logged:\n%s", s.command, err, line, s.log)
	}
	go io.Copy(io.Discard, s.output) // whatever else it prints must not block it
	return nil
}

// Stop asks the server to stop and waits until it has. It returns an error unless the exit status is 0.
func (s *Server) Stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s has ended before it was told to: %w\n%s", s.command, err, s.log)
	}
	return s.AwaitEnd()
}

// AwaitEnd waits until the server, which was told to stop otherwise, has ended. It returns an error unless the exit status is 0.
func (s *Server) AwaitEnd() error {
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", s.command, err, s.log)
	}
	return nil
}

// Kill ends the server as a crash does, at whatever it is doing, and waits until it is gone.
func (s *Server) Kill() error {
	if err := s.command.Process.Kill(); err != nil {
		return fmt.Errorf("%s has ended before it was killed: %w\n%s", s.command, err, s.log)
	}
	s.command.Wait() // that it was killed is no news
	return nil
}

// PID is the number of the server's process.
func (s *Server) PID() int { return s.command.Process.Pid }

// Log returns what the server has written to standard error.
func (s *Server) Log() string { return s.log.String() }

// logBuffer is a buffer that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
