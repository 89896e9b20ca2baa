//go:build mage

// The house's commands. `go tool mage -l` lists them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/sh"
)

// modules are the folders of go.work, in the order of their imports, and one that is outside of it.
var modules = []string{".", "contracts", "services", "tools", "compat", "tools/bench/peers"}

// alone makes the go command see one module as if there were no workspace.
var alone = map[string]string{"GOWORK": "off"}

// Demo shows the servers at work: raftkv, which is killed, numstore with its two clients, and two servers of gossipkv, which are cut apart.
func Demo() error {
	return sh.RunV("go", "run", "./compat/cmd/demo")
}

// Build compiles every program into bin/.
func Build() error {
	return sh.RunV("go", "build", "-ldflags=-X numstore.example/contracts/version.commit="+commit(), "-o", "bin/", "./services/...", "./tools/...")
}

// testTimeout bounds the tests of one package. Those of compat start servers, kill nodes and cut links one after the other, and
// take longer than the ten minutes that Go allows by itself when the machine has more to do.
const testTimeout = "-timeout=30m"

// vetted leaves out the part of go vet that go test does by itself for each package, with -race once more: Lint does all of it.
const vetted = "-vet=off"

// Test runs every test that this machine can run, and says which it could not.
func Test() error {
	return sh.RunV("go", "tool", "gotestsum", "--format=pkgname", "--", "-count=1", vetted, testTimeout, "work")
}

// Race runs the fast tests, all but those with containers and Python, under the race detector.
func Race() error {
	return sh.RunV("go", "tool", "gotestsum", "--format=pkgname", "--", "-race", vetted, testTimeout, "./contracts/...", "./services/...", "./tools/...")
}

// Compat runs the suite with Python clients and containers.
func Compat() error {
	return sh.RunV("go", "tool", "gotestsum", "--format=testname", "--", "-count=1", testTimeout, "./compat/...")
}

// programs are those of the suite in Python that others call, or that call others. Tests in Python have types where they help.
var programs = []string{
	"compat/clerk_calls.py", "compat/foreign.py", "compat/foreign_gossipkv.py", "compat/golden.py", "compat/packed.py", "compat/perform.py",
	"compat/perform_gossipkv.py", "compat/perform_raftkv.py", "compat/placement.py", "compat/texts.py",
}

// Lint checks the form of the code: gofmt, go vet, staticcheck, and for Python ruff and mypy.
func Lint() error {
	unformatted, err := sh.Output("gofmt", "-l", ".")
	if err == nil && unformatted != "" {
		err = fmt.Errorf("gofmt would change:\n%s", unformatted)
	}
	if err != nil {
		return err
	}
	if err := sh.RunV("go", "vet", "work"); err != nil {
		return err
	}
	if err := sh.RunV("go", "vet", "-tags=mage", "."); err != nil {
		return err
	}
	if err := sh.RunV("go", "tool", "staticcheck", "./contracts/...", "./services/...", "./tools/...", "./compat/..."); err != nil {
		return err
	}
	for _, check := range []string{
		"ruff check --config compat/ruff.toml compat contracts/python",
		"ruff format --check --config compat/ruff.toml compat contracts/python",
		"mypy --config-file compat/mypy.ini -p raftkv_clerk -p gossipkv_session",
		"mypy --config-file compat/mypy.ini " + strings.Join(programs, " "),
	} {
		if err := withPython("compat/requirements-lint.txt", append([]string{"-m"}, strings.Fields(check)...)...); err != nil {
			return err
		}
	}
	return nil
}

// Generate lints the contracts, refuses changes that break their wire form, and makes the Go and Python code of
// them, and the tables of flags in the services' READMEs. The wire form is compared with contracts/baseline.txtpb,
// which then takes up what is new.
func Generate() error {
	for _, step := range []string{
		"lint",
		"breaking --against baseline.txtpb",
		"generate",
		"build --exclude-source-info --output baseline.txtpb",
	} {
		args := append([]string{"-C", "contracts", "tool", "-modfile=buf.mod", "buf"}, strings.Fields(step)...)
		if err := sh.RunWithV(alone, "go", args...); err != nil {
			return err
		}
	}
	// What servers say to each other is no contract, but made the same way.
	for _, service := range []string{"raftkv", "gossipkv"} {
		peers := "../services/" + service + "/internal/peerpb"
		if err := sh.RunWithV(alone, "go", "-C", "contracts", "tool", "-modfile=buf.mod", "buf", "generate", peers, "--template", peers+"/buf.gen.yaml"); err != nil {
			return err
		}
	}
	if err := sh.RunV("go", "run", "./compat/cmd/flagtable"); err != nil {
		return err
	}
	contracts, err := filepath.Glob("contracts/*.proto")
	if err != nil {
		return err
	}
	return withPython("contracts/python/requirements-generate.txt", append([]string{
		"-m", "grpc_tools.protoc", "-I=contracts", "--python_out=contracts/python", "--pyi_out=contracts/python",
		"--grpc_python_out=contracts/python",
	}, contracts...)...)
}

// Image builds the container image p2.
func Image() error {
	return sh.RunV("docker", "build", "--build-arg=COMMIT="+commit(), "-t", "p2", ".")
}

// Submit runs the Python client against a container of the image, and keeps what it prints in out.txt.
func Submit() error {
	return sh.RunV("go", "run", "./compat/cmd/submit")
}

// suites are those of the bench, with the flags that make the smallest run of each.
var suites = []struct {
	name, smoke string
	python      bool // one of the peers is in Python
}{
	{name: "numstore", smoke: "--callers=1,8", python: true},
	{name: "raftkv", smoke: "--keys=10 --restart=0"},
	{name: "gossipkv", smoke: "--keys=10"},
	{name: "raftkv-cluster", smoke: "--keys=10"},
	{name: "raftkv-shards", smoke: "--keys=10"},
	{name: "raftkv-failover", smoke: "--keys=10"},
	{name: "raftkv-catchup", smoke: "--keys=10 --away=1s"},
}

// Bench measures every service side by side with its peers. It takes some forty minutes,
// writes to tools/bench/results, and prints the tables of tools/bench/README.md.
func Bench() error {
	for _, suite := range suites {
		if err := BenchSuite(suite.name); err != nil {
			return err
		}
	}
	return nil
}

// BenchSuite measures one service side by side with its peers: go tool mage benchSuite raftkv.
func BenchSuite(service string) error {
	for _, suite := range suites {
		if suite.name == service {
			return measure(service, suite.python)
		}
	}
	return fmt.Errorf("there is no suite for %q; magefile.go has those that there are", service)
}

// Experiment answers a question about the servers, and draws the answer: go tool mage experiment clients. What it measured, and the page,
// are in tools/bench/results.
func Experiment(name string) error {
	mg.SerialDeps(Build, Peers)
	return sh.RunV("bin/loadgen", "experiment", name, "--out=tools/bench/results")
}

// experiments are those of loadgen, with the flags that make the smallest run of each.
var experiments = []string{
	"clients --clients=1,2",
	"nodes --clients=4 --targets=raftkv-3",
	"promises",
	"restart --sizes=1MiB",
	"servers --clients=1 --servers=1,2 --requests=50",
	"value-size --sizes=512,64KiB",
}

// BenchSmoke runs every suite of the bench and every experiment at its smallest, into a folder that is thrown away: what it prints is
// no measurement, but shows that figures can be had.
func BenchSmoke() error {
	results, err := os.MkdirTemp("", "bench-results-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(results)
	for _, suite := range suites {
		args := append(strings.Fields(suite.smoke), "--rounds=1", "--duration=100ms", "--warmup=100ms", "--results="+results)
		if err := measure(suite.name, suite.python, args...); err != nil {
			return err
		}
	}
	for _, experiment := range experiments {
		args := append([]string{"experiment"}, strings.Fields(experiment)...)
		args = append(args, "--keys=10", "--repeats=1", "--duration=300ms", "--warmup=50ms", "--out="+results)
		if err := sh.RunV("bin/loadgen", args...); err != nil { // also if one measurement failed
			return err
		}
	}
	return nil
}

// measure runs a suite. What is measured is compiled first, once.
func measure(suite string, besidePython bool, args ...string) error {
	mg.SerialDeps(Build, Peers)
	if besidePython {
		python, err := python()
		if err != nil {
			return err
		}
		args = append(args, "--python="+python)
	}
	return sh.RunV("bin/bench", append([]string{suite}, args...)...)
}

// python returns the interpreter that the reference server is measured with.
func python() (string, error) {
	return sh.Output("go", "run", "./compat/cmd/withpython", "compat/requirements-newest.txt", "-c", "import sys; print(sys.executable)")
}

// Peers compiles what the services are measured against, and what drives that, into bin/.
func Peers() error {
	return sh.RunWithV(alone, "go", "build", "-C", "tools/bench/peers", "-o", "../../../bin/", "./...")
}

// Overload runs the overload tests at their full size, with 10,000 connections.
func Overload() error {
	return sh.RunWithV(map[string]string{"COMPAT_OVERLOAD": "full"}, "go", "test", "-count=1", "-v", "-run=Overload", "./compat")
}

// Torture runs the long tests of raftkv and gossipkv: 200 kills under load, of a server alone and of the nodes of a cluster, damage all over
// its files, scans of a gigabyte, 100 kills of servers that gossip; and 10,000 lives of clusters in memory, of each.
func Torture() error {
	for _, long := range []struct {
		service, tests string
		lives          map[string]string
	}{
		{"raftkv", "^(TestCluster|TestCrashes)$", map[string]string{"RAFTKV_CRASHES": "10000"}},
		{"gossipkv", "^TestWorlds$", map[string]string{"GOSSIPKV_WORLDS": "10000"}},
	} {
		if err := sh.RunWithV(long.lives, "go", "test", "-count=1", "-v", "-timeout=120m", "-run="+long.tests, "./services/"+long.service+"/internal/node"); err != nil {
			return err
		}
	}
	return sh.RunWithV(map[string]string{"COMPAT_TORTURE": "full"}, "go", "test", "-count=1", "-v", "-timeout=120m", "-run=Raftkv|Gossipkv", "./compat")
}

// CI is what .ci/run runs: every check, with nothing left out. The tests under the race detector compute, and those of compat wait for
// processes and containers most of the time: each has what the other leaves of the machine.
func CI() error {
	os.Setenv("COMPAT_REQUIRE", "all")
	mg.SerialDeps(Lint, Generate, Modules, unchanged, Build, Demo, BenchSmoke)
	mg.Deps(Race, Test)
	return nil
}

// Modules checks that every module stands on its own and agrees with the workspace.
func Modules() error {
	for _, module := range modules {
		for _, check := range []string{"mod tidy -diff", "build -o /dev/null ./...", "vet ./..."} {
			if module == "." && check != "mod tidy -diff" {
				continue // the root holds only this file
			}
			if err := sh.RunWithV(alone, "go", append([]string{"-C", module}, strings.Fields(check)...)...); err != nil {
				return fmt.Errorf("module %s: %w", module, err)
			}
		}
	}
	return sh.RunV("go", "work", "sync")
}

// commit is what --version tells of programs that are built where Go does not look at the repository itself.
func commit() string {
	hash, err := sh.Output("git", "rev-parse", "HEAD")
	if err != nil {
		return "" // no repository: the programs say so
	}
	return hash
}

// unchanged fails when a step before it has changed a file that is committed.
func unchanged() error {
	changes, err := sh.Output("git", "status", "--porcelain")
	if err == nil && changes != "" {
		err = fmt.Errorf("generated code or module files are not what is committed:\n%s", changes)
	}
	return err
}

// withPython runs Python with what a requirements file names.
func withPython(requirements string, args ...string) error {
	return sh.RunV("go", append([]string{"run", "./compat/cmd/withpython", requirements}, args...)...)
}
