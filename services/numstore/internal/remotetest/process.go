package remotetest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Builder compiles a program once, however many tests ask for it. The test binary of a package that uses it calls Remove
// when its tests have ended.
type Builder struct {
	Folder  string // of the module, from that of the test
	Package string
	once    sync.Once
	folder  string
	err     error
}

// Program returns the path of the executable.
func (b *Builder) Program(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.folder, b.err = os.MkdirTemp("", "remotetest-"); b.err != nil {
			return
		}
		build := exec.Command("go", "build", "-C", b.Folder, "-o", b.executable(), b.Package)
		build.Env = append(os.Environ(), "GOWORK=off") // the module may stand outside of the workspace
		if output, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("building %s: %w\n%s", b.Package, err, output)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.executable()
}

func (b *Builder) executable() string { return filepath.Join(b.folder, filepath.Base(b.Package)) }

// Remove removes the executable.
func (b *Builder) Remove() { os.RemoveAll(b.folder) }

// Member is a server of an engine, a process of its own.
type Member struct {
	Address string // of clients, once it has started

	executable string
	args       []string
	process    *exec.Cmd
}

// NewMember returns a Member that Start starts. It is killed when the test ends.
func NewMember(t testing.TB, executable string, args ...string) *Member {
	m := &Member{executable: executable, args: args}
	t.Cleanup(m.Kill)
	return m
}

// Start starts the process and waits for its ready line.
func (m *Member) Start() error {
	m.process = exec.Command(m.executable, m.args...)
	output, err := m.process.StdoutPipe()
	if err == nil {
		err = m.process.Start()
	}
	if err != nil {
		return err
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), " listening on ")
	if !ok {
		return fmt.Errorf("%s did not become ready: it printed %q", m.process, line)
	}
	m.Address = address
	return nil
}

// Kill ends the process as a crash does, if it runs.
func (m *Member) Kill() {
	if m.process != nil && m.process.Process != nil {
		m.process.Process.Kill()
		m.process.Wait()
	}
}

// StartAll starts members that wait for each other.
func StartAll(t testing.TB, members ...*Member) (addresses []string) {
	t.Helper()
	var wg sync.WaitGroup
	for _, m := range members {
		wg.Go(func() {
			if err := m.Start(); err != nil {
				t.Error(err)
			}
		})
	}
	if wg.Wait(); t.Failed() {
		t.FailNow()
	}
	for _, m := range members {
		addresses = append(addresses, m.Address)
	}
	return addresses
}

// FreeAddress returns an address of this machine that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
