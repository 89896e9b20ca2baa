package compat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"numstore.example/compat/internal/pyenv"
)

// TestScripts performs every script of testdata/numstore on a server of its own.
func TestScripts(t *testing.T) {
	eachPython(t, performNumstore)
}

func performNumstore(t *testing.T, column column, python pyenv.Python) {
	paths, err := filepath.Glob("testdata/numstore/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			steps := readScript(t, path)
			for i, answer := range perform(t, python, column.start(t), callsOf(steps)) {
				if err := steps[i].check(answer); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestRestart: a server that is started again knows nothing of before.
func TestRestart(t *testing.T) {
	eachColumn(t, func(t *testing.T, column column) {
		python := python(t, "newest")
		for range 2 {
			t.Run("start", func(t *testing.T) {
				answers := perform(t, python, column.start(t), []call{{Call: "Fact", Key: "A"}, {Call: "SetNum", Key: "A", Value: 5}})
				if answers[0]["error"] == "" || fmt.Sprint(answers[1]["total"]) != "5" {
					t.Errorf("a new server answered %v", answers)
				}
			})
		}
	})
}

// TestFlags: the limits of the command line hold.
func TestFlags(t *testing.T) {
	eachColumn(t, func(t *testing.T, column column) {
		port := column.start(t, "--max-key", "4", "--max-keys", "2", "--workers", "1", "--max-message", "64")
		answers := perform(t, python(t, "newest"), port, []call{
			{Call: "SetNum", Key: "four", Value: 1},
			{Call: "SetNum", Key: "fives", Value: 1},
			{Call: "SetNum", Key: "two", Value: 1},
			{Call: "SetNum", Key: "3", Value: 1},
			{Call: "SetNum", Key: strings.Repeat("k", 64), Value: 1},
			{Call: "SetNum", Key: "two", Value: 2},
		})
		for i, want := range []string{"map[total:1]", "INVALID_ARGUMENT", "map[total:2]", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "map[total:3]"} {
			if got := fmt.Sprint(answers[i]); !strings.Contains(got, want) {
				t.Errorf("call %d was answered with %s; want %s", i+1, got, want)
			}
		}
	})
}

// figures are what a client of the course prints: a headline, then a label, two blanks, a figure.
type figures map[string]string

var figure = regexp.MustCompile(`^  (\S.*?)  +(\S.*)$`)

// runClient runs a client of the course with a port, and returns its figures and its labels in order.
func runClient(t *testing.T, client *exec.Cmd) (figures, []string) {
	t.Helper()
	return parseFigures(t, printed(t, client))
}

// printed runs a client that is to succeed and to complain of nothing, and returns what it prints.
func printed(t *testing.T, client *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	client.Stderr = &stderr
	output, err := client.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%s%s", client, err, output, stderr.String())
	}
	return string(output)
}

func parseFigures(t *testing.T, output string) (figures, []string) {
	t.Helper()
	found, labels := make(figures), []string{}
	for _, line := range strings.Split(strings.TrimSpace(output), "\n")[1:] {
		parts := figure.FindStringSubmatch(line)
		if parts == nil {
			t.Fatalf("%q is no figure with a label, in\n%s", line, output)
		}
		found[parts[1]] = parts[2]
		labels = append(labels, parts[1])
	}
	return found, labels
}

// number returns the first number of a figure.
func (f figures) number(t *testing.T, label string) float64 {
	t.Helper()
	text, _, _ := strings.Cut(f[label], " ")
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("the figure %q is %q", label, f[label])
	}
	return n
}

// The hit rate of the course's workload on a new server, of all answered Facts: its mean, and the
// standard deviation from run to run (20,000 runs of a model of the rules, in order).
const (
	hitRate          = 0.532
	hitRateDeviation = 0.031
)

// checkFigures checks one run of 800 requests.
func checkFigures(t *testing.T, f figures) {
	t.Helper()
	if f.number(t, "requests") != 800 || f.number(t, "SetNum")+f.number(t, "Fact") != 800 || f.number(t, "errors") != 0 {
		t.Errorf("not all of 800 requests were answered: %v", f)
	}
	// One run in a million is further off than five standard deviations.
	if rate := f.number(t, "cache hit rate") / 100; math.Abs(rate-hitRate) > 5*hitRateDeviation {
		t.Errorf("the hit rate is %.3f; want %.3f ± %.3f", rate, hitRate, 5*hitRateDeviation)
	}
	if overall := f.number(t, "cache hit rate, overall") / 100; math.Abs(overall-hitRate/2) > 5*hitRateDeviation/2 {
		t.Errorf("the hit rate of all requests is %.3f; want %.3f ± %.3f", overall, hitRate/2, 5*hitRateDeviation/2)
	}
	p50, p99, most := f.number(t, "response time p50"), f.number(t, "response time p99"), f.number(t, "response time max")
	if !(0 < p50 && p50 <= p99 && p99 <= most) || f.number(t, "throughput") <= 0 {
		t.Errorf("the times are out of order: %v", f)
	}
}

// TestClient runs the course's Python client.
func TestClient(t *testing.T) {
	eachPython(t, func(t *testing.T, column column, python pyenv.Python) {
		found, _ := runClient(t, python.Command(t.Context(), "client.py", column.start(t)))
		checkFigures(t, found)
	})
}

// TestClients_sameLabels: the Go client's figures can be compared with the Python client's line by
// line.
func TestClients_sameLabels(t *testing.T) {
	_, fromPython := runClient(t, python(t, "newest").Command(t.Context(), "client.py", startProcess(t)))
	found, fromGo := runClient(t, exec.Command(build(t, "./tools/loadgen"), startProcess(t)))
	checkFigures(t, found)
	if !slices.Equal(fromPython, fromGo) {
		t.Errorf("the Python client prints the labels %q, the Go client %q", fromPython, fromGo)
	}
}

// TestHitRate pools the hit rates of many new servers: the mean of these runs is known six times as
// well as a single one.
func TestHitRate(t *testing.T) {
	const runs, tolerance = 40, 0.03
	sum := 0.0
	for range runs {
		t.Run("run", func(t *testing.T) {
			found, _ := runClient(t, exec.Command(build(t, "./tools/loadgen"), startProcess(t)))
			sum += found.number(t, "cache hit rate") / 100
		})
	}
	if mean := sum / runs; math.Abs(mean-hitRate) > tolerance {
		t.Errorf("the mean hit rate of %d runs is %.3f; want %.3f ± %.3f: client or server is wrong", runs, mean, hitRate, tolerance)
	}
}

// TestClient_misuse: bad input is one line and status 2, with every Python.
func TestClient_misuse(t *testing.T) {
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) {
			python := python(t, name)
			expectMisuse(t, func(port string) *exec.Cmd { return python.Command(t.Context(), "client.py", port) })
		})
	}
}

// expectMisuse runs a client with ports that are none, and with one where nothing listens, and expects one line and status 2.
func expectMisuse(t *testing.T, client func(port string) *exec.Cmd) {
	t.Helper()
	closed, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close() // nothing listens on its port any more
	_, unused, _ := net.SplitHostPort(closed.Addr().String())
	for argument, says := range map[string]string{
		"abc":   "'abc' is not a port",
		"99999": "'99999' is not a port",
		"0":     "'0' is not a port",
		unused:  "nothing answers on localhost:" + unused,
	} {
		command := client(argument)
		_, err := command.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || strings.Count(string(exit.Stderr), "\n") != 1 || !strings.Contains(string(exit.Stderr), says) {
			t.Errorf("%s: %v; want status 2 and one line that says %q", command, err, says)
		}
	}
}

// TestBadClients lets clients misbehave, and expects that others are served as if they were not there.
func TestBadClients(t *testing.T) {
	misbehaviours := map[string]func(net.Conn){
		"says nothing":       func(net.Conn) {},
		"speaks HTTP/1":      func(c net.Conn) { io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
		"sends noise":        func(c net.Conn) { c.Write(bytes.Repeat([]byte{0xa5}, 100_000)) },
		"stops in a preface": func(c net.Conn) { io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM") },
		"announces too much": func(c net.Conn) {
			io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x01")
		},
		"hangs up at once":    func(c net.Conn) { c.Close() },
		"resets a connection": func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
	}
	eachColumn(t, func(t *testing.T, column column) {
		port := column.start(t)
		for name, misbehave := range misbehaviours {
			t.Run(name, func(t *testing.T) {
				for range 20 {
					conn, err := net.DialTimeout("tcp", "localhost:"+port, 10*time.Second)
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					misbehave(conn)
				}
				runClient(t, exec.Command(build(t, "./tools/loadgen"), port))
			})
		}
	})
}
