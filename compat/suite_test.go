package compat

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/moby/moby/api/types/container"

	"numstore.example/compat/internal/handout"
	"numstore.example/compat/internal/process"
	"numstore.example/compat/internal/pyenv"
	"numstore.example/compat/internal/repo"
)

// column is a way to start the server under test.
type column struct {
	name string
	// require fails or skips the test where this machine lacks something for the column.
	require func(t *testing.T)
	// start starts a server with flags, until the end of the test, and returns its port on this machine.
	start func(t *testing.T, flags ...string) (port string)
}

var columns = []column{
	{"process", func(*testing.T) {}, startProcess},
	{"container", requireEngine, startContainer},
}

// pythons are the ends of the range of versions that the stubs support.
var pythons = []string{"oldest", "newest"}

// eachColumn runs a test against every way to start the server.
func eachColumn(t *testing.T, test func(t *testing.T, column column)) {
	for _, column := range columns {
		t.Run(column.name, func(t *testing.T) {
			column.require(t)
			test(t, column)
		})
	}
}

// eachPython runs a test against every way to start the server, with every Python.
func eachPython(t *testing.T, test func(t *testing.T, column column, python pyenv.Python)) {
	eachColumn(t, func(t *testing.T, column column) {
		for _, name := range pythons {
			t.Run("python-"+name, func(t *testing.T) { test(t, column, python(t, name)) })
		}
	})
}

// lacking ends a test for which this machine lacks something.
func lacking(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("COMPAT_REQUIRE") == "all" {
		t.Fatalf("no %s, and COMPAT_REQUIRE=all: %v", what, err)
	}
	t.Skipf("NOT TESTED, no %s: %v", what, err)
}

// root is the checkout's root.
var root = sync.OnceValue(func() string {
	root, err := repo.Root()
	if err != nil {
		panic(err)
	}
	return root
})

// scratch is a folder for what the whole run shares. TestMain removes it.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "compat-"); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(scratch)
	os.Exit(status)
}

// build compiles a program once per run.
func build(t *testing.T, pkg string) string {
	t.Helper()
	once, _ := builds.LoadOrStore(pkg, sync.OnceValues(func() (string, error) {
		return repo.Build(context.Background(), root(), pkg, scratch)
	}))
	executable, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return executable
}

var builds sync.Map // from a package to the function that builds it once

// image builds the image once per run, by the hand-out's own command.
var image = sync.OnceValues(func() (string, error) {
	var progress strings.Builder
	if err := handout.Build(context.Background(), root(), &progress); err != nil {
		return "", fmt.Errorf("%w\n%s", err, progress.String())
	}
	return "p2", nil
})

// engine says why there is no Docker engine to be used, if so.
var engine = sync.OnceValue(func() error {
	output, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput()
	if err != nil {
		return fmt.Errorf("docker version: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
})

func requireEngine(t *testing.T) {
	t.Helper()
	if err := engine(); err != nil {
		lacking(t, "Docker engine", err)
	}
}

func startProcess(t *testing.T, flags ...string) string {
	t.Helper()
	return start(t, build(t, "./services/numstore"), append([]string{"--addr", "localhost:0"}, flags...)...)
}

// startReference starts the course's server in Python.
func startReference(t *testing.T, python pyenv.Python) string {
	t.Helper()
	return start(t, python.Path, "-B", "reference/server.py", "--port", "0")
}

// start runs a server until the end of the test, and then expects it to stop as it should.
func start(t *testing.T, executable string, args ...string) (port string) {
	t.Helper()
	server, err := process.Start(context.Background(), executable, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", server.Log())
		}
	})
	return server.Port
}

// startContainer runs the image as strictly as an operator would: no rights, no file that can be
// written.
func startContainer(t *testing.T, flags ...string) string {
	t.Helper()
	name, err := image()
	if err != nil {
		t.Fatal(err)
	}
	server, err := testcontainers.Run(t.Context(), name,
		testcontainers.WithExposedPorts("5440/tcp"),
		testcontainers.WithCmd(flags...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.ReadonlyRootfs = true
			host.CapDrop = []string{"ALL"}
		}),
		testcontainers.WithWaitStrategy(wait.ForExec([]string{"/server", "healthcheck"})),
	)
	testcontainers.CleanupContainer(t, server)
	if err != nil {
		t.Fatal(err)
	}
	port, err := server.MappedPort(t.Context(), "5440/tcp")
	if err != nil {
		t.Fatal(err)
	}
	return port.Port()
}

// python returns an interpreter with one end of the range of versions.
func python(t *testing.T, name string) pyenv.Python {
	t.Helper()
	python, err := pyenv.Ensure(t.Context(), filepath.Join(root(), "compat", "requirements-"+name+".txt"))
	if err != nil {
		lacking(t, "Python with the "+name+" packages", err)
	}
	return python
}

// generator returns an interpreter that can make stubs.
func generator(t *testing.T) pyenv.Python {
	t.Helper()
	python, err := pyenv.Ensure(t.Context(), filepath.Join(root(), "contracts", "python", "requirements-generate.txt"))
	if err != nil {
		lacking(t, "Python with grpcio-tools", err)
	}
	return python
}
