package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The names of the servers, in the table and in the records.
const (
	bare     = "bare gRPC"
	numstore = "numstore"
	python   = "Python reference"
)

// serverNames are all of them, in the order of the table.
var serverNames = []string{bare, numstore, python}

// server is a server process that is measured.
type server struct {
	name, port string
	command    *exec.Cmd
}

// startServer returns once the server has printed its ready line, which ends in its address.
func startServer(ctx context.Context, name string, args []string) (*server, error) {
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &server{name: name, command: command}
	output := bufio.NewReader(stdout)
	line, _ := output.ReadString('\n')
	_, addr, _ := strings.Cut(strings.TrimSpace(line), " listening on ")
	if _, s.port, err = net.SplitHostPort(addr); err != nil {
		s.stop()
		return nil, fmt.Errorf("%s did not become ready: it printed %q", name, line)
	}
	go io.Copy(io.Discard, output)
	return s, nil
}

func (s *server) stop() {
	s.command.Process.Signal(syscall.SIGTERM)
	s.command.Wait()
}

// cpu returns the processor time that the server has used so far, in user and kernel mode. It reads what
// Linux keeps in /proc; elsewhere there is no such figure.
func (s *server) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("the processor time of %s: %w", s.name, err)
	}
	// The second field is the program's name in parentheses, and may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has an unknown form")
	}
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime, fields 14 and 15 of proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // of USER_HZ, the same on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / perSecond, nil
}
