package compat

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkvpb"
)

// restartable is a server that can be killed, and started again on the same data.
type restartable interface {
	// start starts the server, which runs until kill, or until the end of the test.
	start(t *testing.T)
	// kill ends it as a crash does.
	kill(t *testing.T)
	// port is the server's port on this machine; it may be another one after each start.
	port() string
}

// raftkvColumns are the ways to run raftkv, as columns are those of numstore.
var raftkvColumns = []struct {
	name    string
	require func(*testing.T)
	open    func(t *testing.T, flags ...string) restartable // the server has been started
}{
	{"process", func(*testing.T) {}, func(t *testing.T, flags ...string) restartable { return newKVProcess(t, flags...) }},
	{"container", requireEngine, newKVContainer},
}

// eachRaftkv runs a test against every way to run the server.
func eachRaftkv(t *testing.T, test func(t *testing.T, open func(t *testing.T, flags ...string) restartable)) {
	for _, column := range raftkvColumns {
		t.Run(column.name, func(t *testing.T) {
			column.require(t)
			test(t, column.open)
		})
	}
}

// eachRaftkvPython runs a test against every way to run the server, with every Python.
func eachRaftkvPython(t *testing.T, test func(t *testing.T, open func(t *testing.T, flags ...string) restartable, python pyenv.Python)) {
	eachRaftkv(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable) {
		for _, name := range pythons {
			t.Run("python-"+name, func(t *testing.T) { test(t, open, python(t, name)) })
		}
	})
}

// kvProcess is raftkv, or another service with data, as a plain process.
type kvProcess struct {
	executable, folder string // the folder is that of the data
	flags              []string
	server             *process.Server // nil while it does not run
}

func newKVProcess(t *testing.T, flags ...string) *kvProcess {
	t.Helper()
	s := prepareKVProcess(t, flags...)
	s.start(t)
	return s
}

// prepareKVProcess returns a raftkv that has not been started.
func prepareKVProcess(t *testing.T, flags ...string) *kvProcess {
	t.Helper()
	return prepareStore(t, "raftkv", flags...)
}

// prepareStore does that for any service that keeps its data in a folder.
func prepareStore(t *testing.T, service string, flags ...string) *kvProcess {
	t.Helper()
	s := &kvProcess{executable: build(t, "./services/"+service), folder: filepath.Join(t.TempDir(), "data"), flags: flags}
	t.Cleanup(func() {
		if s.server == nil {
			return
		}
		if err := s.server.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.server.Log())
		}
	})
	return s
}

func (s *kvProcess) port() string { return s.server.Port }

func (s *kvProcess) start(t *testing.T) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

// launch starts the server, and returns why it did not become ready.
func (s *kvProcess) launch() error {
	err := s.begin()
	if err == nil {
		err = s.awaitReady()
	}
	return err
}

// begin starts the server. It is not ready before awaitReady has returned.
func (s *kvProcess) begin() (err error) {
	args := append([]string{"--addr=localhost:0", "--data-dir=" + s.folder}, s.flags...)
	s.server, err = process.Launch(context.Background(), s.executable, args...)
	return err
}

func (s *kvProcess) awaitReady() error {
	err := s.server.AwaitReady()
	if err != nil {
		s.server = nil // it has ended
	}
	return err
}

func (s *kvProcess) kill(t *testing.T) {
	t.Helper()
	if err := s.server.Kill(); err != nil {
		t.Fatal(err)
	}
	s.server = nil
}

// stop ends the server as an operator does. It must end well.
func (s *kvProcess) stop(t *testing.T) {
	t.Helper()
	if err := s.server.Stop(); err != nil {
		t.Fatal(err)
	}
	s.server = nil
}

// kvContainer is a service with data in a container that may write to its volume alone.
type kvContainer struct {
	container testcontainers.Container
	exposed   string // its port inside, as "6000/tcp"
	mapped    string
}

// The images of services with data, each built once per run.
var (
	kvImage       = imageOf("raftkv", "6000")
	gossipkvImage = imageOf("gossipkv", "8000")
)

func imageOf(service, port string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		name := service + "-compat"
		docker := exec.Command("docker", "build", "--build-arg", "SERVICE="+service, "--build-arg", "PORT="+port, "-t", name, ".")
		docker.Dir = root()
		if output, err := docker.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", docker, err, output)
		}
		return name, nil
	})
}

func newKVContainer(t *testing.T, flags ...string) restartable {
	t.Helper()
	return newContainer(t, kvImage, "6000/tcp", flags...)
}

// newContainer starts a container of an image.
func newContainer(t *testing.T, image func() (string, error), port string, flags ...string) restartable {
	t.Helper()
	name, err := image()
	if err != nil {
		t.Fatal(err)
	}
	server, err := testcontainers.Run(t.Context(), name,
		testcontainers.WithExposedPorts(port),
		testcontainers.WithCmd(flags...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.ReadonlyRootfs = true
			host.CapDrop = []string{"ALL"}
			host.Mounts = []mount.Mount{{Type: mount.TypeVolume, Target: "/data"}} // removed with the container
		}),
		testcontainers.WithWaitStrategy(wait.ForExec([]string{"/server", "healthcheck"})),
	)
	testcontainers.CleanupContainer(t, server)
	if err != nil {
		t.Fatal(err)
	}
	s := &kvContainer{container: server, exposed: port}
	s.findPort(t)
	return s
}

func (s *kvContainer) port() string { return s.mapped }

func (s *kvContainer) start(t *testing.T) {
	t.Helper()
	if err := s.container.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.findPort(t)
}

func (s *kvContainer) findPort(t *testing.T) {
	t.Helper()
	port, err := s.container.MappedPort(t.Context(), s.exposed)
	if err != nil {
		t.Fatal(err)
	}
	s.mapped = port.Port()
}

func (s *kvContainer) kill(t *testing.T) {
	t.Helper()
	if output, err := exec.Command("docker", "kill", s.container.GetContainerID()).CombinedOutput(); err != nil {
		t.Fatalf("docker kill: %v: %s", err, strings.TrimSpace(string(output)))
	}
}

// maxReply is the largest message that the tests' clients take: a value of 16 MiB and what is around it.
const maxReply = 17 << 20

// dialRaftkv returns a client of the server on a port of this machine, on a connection of its own.
func dialRaftkv(t *testing.T, port string) raftkvpb.RaftKVClient {
	t.Helper()
	return raftkvpb.NewRaftKVClient(dialPort(t, port))
}

// dialPort returns a connection to the server on a port of this machine.
func dialPort(t *testing.T, port string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("localhost:"+port,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
