package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"numstore.example/tools/internal/process"
)

// Server is a server process.
type Server struct {
	address string
	process *exec.Cmd
	log     string // its file
	ended   chan struct{}
}

// readyTime is how long a server may take until it serves: one that has much to read from a busy disk needs seconds.
const readyTime = time.Minute

// Start runs the server with this number, and returns when it serves. A server of the same number that ran before must have ended: this one
// has its data.
func (f *Fleet) Start(ctx context.Context, number int) (*Server, error) {
	folder := filepath.Join(f.data, "server-"+strconv.Itoa(number))
	s := &Server{log: folder + ".log", ended: make(chan struct{})}
	s.process = exec.Command(f.program, "--id", strconv.Itoa(number), "--addr", "127.0.0.1:0", "--data-dir", folder,
		"--admin-token-file", filepath.Join(f.private, adminToken), "--peer-token-file", filepath.Join(f.private, peerToken))
	s.process.Env = withoutSettings(os.Environ())
	s.process.SysProcAttr = process.Attributes()
	log, err := os.OpenFile(s.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.process.Stderr = log
	output, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := f.spawner.Start(s.process); err != nil {
		return nil, err
	}
	f.started = append(f.started, s)
	ready := make(chan string, 1)
	f.running.Go(func() { s.await(output, ready) })
	return s, s.awaitReady(ctx, ready)
}

// withoutSettings returns an environment in which nothing but its flags says how the server is to run.
func withoutSettings(environment []string) (rest []string) {
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "GOSSIPKV_") {
			rest = append(rest, variable)
		}
	}
	return rest
}

// await passes on the first line that the process prints, and returns when it has ended.
func (s *Server) await(output io.Reader, ready chan<- string) {
	lines := bufio.NewReader(output)
	line, _ := lines.ReadString('\n') // empty if it has ended
	ready <- line
	io.Copy(io.Discard, lines) // what else it prints must not hold it up
	s.process.Wait()           // how it ended is in its state
	close(s.ended)
}

// awaitReady waits for the line "gossipkv listening on HOST:PORT". After an error, the process is gone.
func (s *Server) awaitReady(ctx context.Context, ready <-chan string) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTime, fmt.Errorf("it does not serve after %v", readyTime))
	defer cancel()
	select {
	case line := <-ready:
		_, s.address, _ = strings.Cut(strings.TrimSpace(line), " listening on ")
		if _, _, err = net.SplitHostPort(s.address); err == nil {
			return nil
		}
		err = fmt.Errorf("it printed %.80q instead of where it listens", line)
		if line == "" {
			err = errors.New("it ended before it served")
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.Kill()
	return fmt.Errorf("%w (%v)%s", err, s.process.ProcessState, s.LogEnd())
}

// Address is where it takes calls, as HOST:PORT.
func (s *Server) Address() string { return s.address }

// PID is the number of its process.
func (s *Server) PID() int { return s.process.Process.Pid }

// Ended is closed when the process is gone.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Kill ends the process as a crash would, and returns when it is gone.
func (s *Server) Kill() {
	s.process.Process.Kill()
	<-s.ended
}

// Epitaph tells how the process has ended, with the end of its log. It is called after Ended.
func (s *Server) Epitaph() string {
	return fmt.Sprintf("%v%s", s.process.ProcessState, s.LogEnd())
}

// logTail is how much of a log is told, in bytes.
const logTail = 2048

// LogEnd returns the last lines that the server has logged, on lines of their own after a colon, or nothing if there are none.
func (s *Server) LogEnd() string {
	file, err := os.Open(s.log)
	if err != nil {
		return ""
	}
	defer file.Close()
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	text := make([]byte, min(end, logTail))
	n, _ := file.ReadAt(text, end-int64(len(text)))
	last := string(text[:n])
	if _, whole, cut := strings.Cut(last, "\n"); cut && end > logTail {
		last = whole
	}
	if last = strings.TrimRight(last, "\n"); last == "" {
		return ""
	}
	return "; its log ends with:\n  " + strings.ReplaceAll(last, "\n", "\n  ")
}
