package compat

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"numstore.example/compat/internal/pyenv"
)

// engineKind is what can keep numstore's numbers outside of it.
type engineKind struct {
	name string
	// prepare returns the servers of a cluster, and what --engine says of it. None has been started.
	prepare func(t *testing.T, nodes int) (servers *engineServers, url string)
}

var engineKinds = []engineKind{{"etcd", prepareEtcd}, {"raftkv", prepareRaftkvEngine}}

// engineServers are the servers of an engine, processes of this machine that can be killed and started again.
type engineServers struct {
	nodes []*engineServer
}

// engineServer is one of them.
type engineServer struct {
	executable string
	args       []string
	process    *exec.Cmd // nil while it does not run
}

// start starts some servers at the same time, as those of a new cluster wait for each other.
func (s *engineServers) start(t *testing.T, nodes ...*engineServer) {
	t.Helper()
	var starting sync.WaitGroup
	for _, node := range nodes {
		starting.Go(func() {
			if err := node.start(); err != nil {
				t.Error(err)
			}
		})
	}
	if starting.Wait(); t.Failed() {
		t.FailNow()
	}
}

// start returns when the server has printed its ready line.
func (s *engineServer) start() error {
	command := exec.Command(s.executable, s.args...)
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return err
	}
	s.process = command
	var line [1]byte
	if n, err := output.Read(line[:]); n == 0 {
		s.kill()
		return fmt.Errorf("%s did not become ready: %w", command, err)
	}
	return nil
}

// kill ends the server as a crash does, if it runs.
func (s *engineServer) kill() {
	if s.process != nil {
		s.process.Process.Kill()
		s.process.Wait()
		s.process = nil
	}
}

// add adds a server that is killed when the test ends.
func (s *engineServers) add(t *testing.T, executable string, args ...string) {
	server := &engineServer{executable: executable, args: args}
	s.nodes = append(s.nodes, server)
	t.Cleanup(server.kill)
}

// etcdProgram compiles etcd once per run. It stands outside of the workspace, as a peer of the bench.
var etcdProgram = sync.OnceValues(func() (string, error) {
	build := exec.Command("go", "build", "-C", filepath.Join(root(), "tools", "bench", "peers"), "-o", filepath.Join(scratch, "etcd"), "./etcd")
	build.Env = append(os.Environ(), "GOWORK=off")
	output, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building etcd: %w\n%s", err, output)
	}
	return filepath.Join(scratch, "etcd"), err
})

func prepareEtcd(t *testing.T, nodes int) (*engineServers, string) {
	executable, err := etcdProgram()
	if err != nil {
		t.Fatal(err)
	}
	var addresses, peers []string
	for i := range nodes {
		addresses, peers = append(addresses, freeAddress(t)), append(peers, fmt.Sprintf("m%d=%s", i, freeAddress(t)))
	}
	servers := new(engineServers)
	for i, address := range addresses {
		servers.add(t, executable, "--data-dir", t.TempDir(), "--addr", address, "--node", fmt.Sprintf("m%d", i), "--peers", strings.Join(peers, ","))
	}
	return servers, "etcd://" + strings.Join(addresses, ",")
}

func prepareRaftkvEngine(t *testing.T, nodes int) (*engineServers, string) {
	var addresses, peers []string
	for i := range nodes {
		addresses = append(addresses, freeAddress(t))
		peers = append(peers, fmt.Sprintf("%d=%s", i+1, addresses[i]))
	}
	servers := new(engineServers)
	for i, address := range addresses {
		// Keys of numstore may have 1024 bytes, to which the prefix comes.
		servers.add(t, build(t, "./services/raftkv"), "--data-dir", filepath.Join(t.TempDir(), "data"), "--addr", address,
			"--max-key=2048", fmt.Sprintf("--node=%d", i+1), "--peers", strings.Join(peers, ","))
	}
	return servers, "raftkv://" + strings.Join(addresses, ",")
}

// engineColumn is numstore on an engine. Each server has numbers of its own.
func engineColumn(kind engineKind, url string) column {
	var servers atomic.Int64
	return column{name: kind.name, start: func(t *testing.T, flags ...string) string {
		return startProcess(t, append(flags, "--engine", url, fmt.Sprintf("--engine-prefix=test%d/", servers.Add(1)))...)
	}}
}

// TestEngines: a client cannot tell whether the numbers are in memory or in an engine.
func TestEngines(t *testing.T) {
	python, stubs := python(t, "newest"), makeStubs(t, foreignContracts(t)...)
	calls := randomCalls(newSeed(t), differentialCalls)
	want := perform(t, python, startReference(t, python), calls)
	for _, kind := range engineKinds {
		t.Run(kind.name, func(t *testing.T) {
			servers, url := kind.prepare(t, 1)
			servers.start(t, servers.nodes...)
			column := engineColumn(kind, url)
			t.Run("scripts", func(t *testing.T) { performNumstore(t, column, python) })
			t.Run("foreign", func(t *testing.T) { performForeigners(t, column, python, stubs) })
			t.Run("wire", func(t *testing.T) { sendGoldenOnPaths(t, column) })
			t.Run("history", func(t *testing.T) { recordHistory(t, column) })
			t.Run("client", func(t *testing.T) {
				found, _ := runClient(t, python.Command(t.Context(), "client.py", column.start(t)))
				checkFigures(t, found)
			})
			t.Run("differential", func(t *testing.T) {
				reportDifferences(t, calls, want, perform(t, python, column.start(t, "--log-level", "warn"), calls))
			})
			t.Run("restart", func(t *testing.T) { restartOnEngine(t, python, url) })
			t.Run("verify", func(t *testing.T) { verifyEngine(t, python, url) })
		})
	}
}

// restartOnEngine: numbers outlive their server, and are those of another one.
func restartOnEngine(t *testing.T, python pyenv.Python, url string) {
	for value, want := range []string{"map[total:0]", "map[total:1]", "map[total:2]"} {
		t.Run("start", func(t *testing.T) {
			port := startProcess(t, "--engine", url, "--engine-prefix=restart/")
			answers := perform(t, python, port, []call{{Call: "SetNum", Key: "A", Value: int64(value)}, {Call: "Fact", Key: "B"}})
			if got := fmt.Sprint(answers[0]); got != want {
				t.Errorf("A = %d was answered with %s; want %s", value, got, want)
			}
		})
	}
	port := startProcess(t, "--engine", url, "--engine-prefix=restart/")
	if answers := perform(t, python, port, []call{{Call: "SetNum", Key: "B", Value: 10}}); fmt.Sprint(answers[0]) != "map[total:12]" {
		t.Errorf("after three starts B = 10 was answered with %v; want the total 12", answers[0])
	}
}

// verifyEngine: what is in an engine can be checked from outside, and the wrong prefix is noticed.
func verifyEngine(t *testing.T, python pyenv.Python, url string) {
	port := startProcess(t, "--engine", url, "--engine-prefix=verify/")
	perform(t, python, port, []call{{Call: "SetNum", Key: "A", Value: 5}, {Call: "SetNum", Key: "B", Value: -2}})
	if said, err := verify(t, url, "verify/"); err != nil || !strings.Contains(said, "2 keys add up to 3") {
		t.Errorf("numstore verify: %v, %q; want 2 keys that add up to 3", err, said)
	}
	if said, err := verify(t, url, "nobody/"); err == nil || !strings.Contains(said, "--engine-prefix") {
		t.Errorf("numstore verify of a prefix without rows: %v, %q; want an error that names the flag", err, said)
	}
}

// verify runs numstore verify.
func verify(t *testing.T, url, prefix string) (said string, err error) {
	t.Helper()
	var output bytes.Buffer
	command := exec.CommandContext(t.Context(), build(t, "./services/numstore"), "verify", "--engine", url, "--engine-prefix", prefix)
	command.Stdout, command.Stderr = &output, &output
	err = command.Run()
	return output.String(), err
}
