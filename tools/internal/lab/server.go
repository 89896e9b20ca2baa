package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"numstore.example/tools/internal/process"
)

// Server is a server that runs: one process, or several that are a cluster. Whoever starts it stops it.
type Server struct {
	command Command
	nodes   []*Node
}

// Node is a process of a server.
type Node struct {
	program Process // its address is known
	name    string
	running *exec.Cmd
	output  *bufio.Reader
	gone    chan struct{} // closed when it prints nothing any more, which is when it has ended
}

// spawner starts all processes of the program, which so do not outlive it, whatever ends it.
var spawner = sync.OnceValue(process.NewSpawner)

// Start starts all processes of a server, and returns once each has printed that it is ready, or ctx has ended, which leaves none.
// From then on they run until they are stopped or killed, or this program ends: what interrupts an experiment does not take its
// servers away while it still looks at them, nor does Ctrl-C in a terminal.
func Start(ctx context.Context, command Command) (*Server, error) {
	s := &Server{command: command}
	for i, p := range command.Processes {
		n := &Node{program: p, name: command.Name}
		if len(command.Processes) > 1 {
			n.name = fmt.Sprintf("node %d of %s", i+1, command.Name)
		}
		if err := n.begin(); err != nil {
			s.Kill()
			return nil, err
		}
		s.nodes = append(s.nodes, n)
	}
	for _, n := range s.nodes {
		if err := n.awaitReady(ctx); err != nil {
			s.Kill()
			return nil, err
		}
	}
	return s, nil
}

// begin starts the process. awaitReady is to be called then.
func (n *Node) begin() error {
	running := exec.Command(n.program.Args[0], n.program.Args[1:]...)
	running.Stderr, running.SysProcAttr = os.Stderr, process.Attributes()
	stdout, err := running.StdoutPipe()
	if err != nil {
		return err
	}
	if err := spawner().Start(running); err != nil {
		return err
	}
	n.running, n.output, n.gone = running, bufio.NewReader(stdout), make(chan struct{})
	return nil
}

// drain reads what the process prints until it ends.
func (n *Node) drain() {
	io.Copy(io.Discard, n.output)
	close(n.gone)
}

// dead says whether the process has ended.
func (n *Node) dead() bool {
	select {
	case <-n.gone:
		return true
	default:
		return false
	}
}

// Restart starts a process again that was ready once and has been killed, and does not wait until it serves.
func (n *Node) Restart() error {
	if err := n.begin(); err != nil {
		return err
	}
	go n.drain()
	return nil
}

// awaitReady reads what the process prints until it is ready. The line that says so ends in the address, unless that is known.
// A process that is not ready when ctx ends is killed.
func (n *Node) awaitReady(ctx context.Context) error {
	process := n.running.Process
	defer context.AfterFunc(ctx, func() { process.Kill() })()
	last := ""
	for {
		line, err := n.output.ReadString('\n')
		if n.isReady(line) {
			go n.drain()
			return nil
		}
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("%s was not ready yet: %w", n.name, context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("%s did not become ready: the last that it printed is %q", n.name, last)
		}
		last = line
	}
}

func (n *Node) isReady(line string) bool {
	if n.program.Ready != "" && strings.Contains(line, n.program.Ready) {
		return true
	}
	_, addr, _ := strings.Cut(strings.TrimSpace(line), " listening on ")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	n.program.Address = net.JoinHostPort("localhost", port)
	return true
}

// Name is that of the command.
func (s *Server) Name() string { return s.command.Name }

// Nodes are the processes of the server, in the order of its command.
func (s *Server) Nodes() []*Node { return s.nodes }

// Name is what messages call the node.
func (n *Node) Name() string { return n.name }

// Address is where the node takes calls.
func (n *Node) Address() string { return n.program.Address }

// Addresses are where the server takes calls, of all its nodes.
func (s *Server) Addresses() (all []string) {
	for _, n := range s.nodes {
		all = append(all, n.Address())
	}
	return all
}

// Stop ends the server as an operator would, also one whose nodes were killed. Nodes of a cluster may wait for each other; what takes
// too long is killed.
func (s *Server) Stop() {
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

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	for _, n := range s.nodes {
		n.Kill()
	}
}

// Kill ends the process as a crash would.
func (n *Node) Kill() {
	n.running.Process.Kill()
	n.running.Wait()
}

// FreeAddresses returns as many addresses of this machine that nobody listens on. Somebody may take one before the
// server does that it is for; the server then says so.
func FreeAddresses(number int) (all []string, err error) {
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
