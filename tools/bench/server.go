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
	"time"
)

// server is a server that is measured: one process, or several that are a cluster.
type server struct {
	command
	nodes []*node
}

// node is a process of a server.
type node struct {
	process // its address is known
	name    string
	running *exec.Cmd
	output  *bufio.Reader
}

// startServer starts all processes of a server, and returns once each has printed that it is ready.
func startServer(ctx context.Context, command command) (*server, error) {
	s := &server{command: command}
	for i, process := range command.processes {
		n := &node{process: process, name: command.name}
		if len(command.processes) > 1 {
			n.name = fmt.Sprintf("node %d of %s", i+1, command.name)
		}
		if err := n.begin(ctx); err != nil {
			s.kill()
			return nil, err
		}
		s.nodes = append(s.nodes, n)
	}
	for _, n := range s.nodes {
		if err := n.awaitReady(); err != nil {
			s.kill()
			return nil, err
		}
	}
	return s, nil
}

// begin starts the process. awaitReady is to be called then.
func (n *node) begin(ctx context.Context) error {
	running := exec.CommandContext(ctx, n.args[0], n.args[1:]...)
	running.Stderr = os.Stderr
	stdout, err := running.StdoutPipe()
	if err != nil {
		return err
	}
	if err := running.Start(); err != nil {
		return err
	}
	n.running, n.output = running, bufio.NewReader(stdout)
	return nil
}

// restart starts a process again that was ready once, and does not wait.
func (n *node) restart(ctx context.Context) error {
	if err := n.begin(ctx); err != nil {
		return err
	}
	go io.Copy(io.Discard, n.output) // ends with the process
	return nil
}

// awaitReady reads what the process prints until it is ready. The line that says so ends in the address, unless that is known.
func (n *node) awaitReady() error {
	last := ""
	for {
		line, err := n.output.ReadString('\n')
		if n.isReady(line) {
			go io.Copy(io.Discard, n.output) // ends with the process
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s did not become ready: the last that it printed is %q", n.name, last)
		}
		last = line
	}
}

func (n *node) isReady(line string) bool {
	if n.ready != "" && strings.Contains(line, n.ready) {
		return true
	}
	_, addr, _ := strings.Cut(strings.TrimSpace(line), " listening on ")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	n.address = net.JoinHostPort("localhost", port)
	return true
}

// addresses are where the server takes calls, of all its nodes.
func (s *server) addresses() (all []string) {
	for _, n := range s.nodes {
		all = append(all, n.address)
	}
	return all
}

// stop ends the server as an operator would. Nodes of a cluster may wait for each other; what takes too long is killed.
func (s *server) stop() {
	for _, n := range s.nodes {
		n.running.Process.Signal(syscall.SIGTERM)
	}
	patience := time.AfterFunc(10*time.Second, func() {
		for _, n := range s.nodes {
			n.running.Process.Kill()
		}
	})
	defer patience.Stop()
	for _, n := range s.nodes {
		n.running.Wait()
	}
}

// kill ends the server as a crash would.
func (s *server) kill() {
	for _, n := range s.nodes {
		n.kill()
	}
}

// kill ends the process as a crash would.
func (n *node) kill() {
	n.running.Process.Kill()
	n.running.Wait()
}

// freeAddresses returns as many addresses of this machine that nobody listens on. Somebody may take one before the
// server does that it is for; the server then says so.
func freeAddresses(number int) (all []string, err error) {
	for range number {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close() // when all are there: so no two are the same
		all = append(all, listener.Addr().String())
	}
	return all, nil
}
