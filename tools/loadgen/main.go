// Loadgen drives a server and prints what it saw.
//
//	loadgen 54321                                     # the course's workload against the numstore on that port
//	loadgen run 54321 --clients 1,8,64 --out a.json   # closed loop: a step for each number of clients
//	loadgen run 54321 --clients 16 --requests 2000    # the same, until each client has made so many calls
//	loadgen run 54321 --rate 1000,5000 --out b.json   # open loop: calls that are due in a second
//	loadgen report a.json b.json --html report.html   # a table, and a page with plots; or the file of an experiment
//	loadgen run 54321 --history h.json                # keeps every call and its answer …
//	loadgen check h.json                              # … and says whether the answers agree
//	loadgen experiment clients                        # starts servers, asks a question, draws the answer
//	loadgen run 6000 --service raftkv --mix get=90,put=10 --clients 64
//	loadgen run 8000,8001 --service gossipkv          # sessions that move between servers
//	loadgen --help                                    # the commands; loadgen run --help lists its flags
//
// Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive
// or the command line makes no sense. Interrupted or told to end (SIGTERM), a run ends early and still prints and
// writes what it has measured; the second time, the program ends at once. Nor does a run lose its files when nobody reads
// what it prints any more.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/loadgen/internal/experiment"
	"numstore.example/tools/loadgen/internal/service"
)

// Exit statuses.
const (
	exitOK     = cli.OK
	exitFailed = cli.Failed // some requests failed
	exitMisuse = cli.Misuse // nothing was sent
)

// console is where a command prints: figures go out, what went wrong goes beside.
type console struct{ out, err io.Writer }

func (c console) complain(err error) {
	cli.Program{Name: "loadgen", Stderr: c.err}.Complain(err)
}

// errFailed says that the run went through, and that some of its requests failed or something else was not as it should
// be. What it was has been printed.
var errFailed = errors.New("failed")

func main() {
	os.Exit(run(cli.UntilInterrupted(), os.Args[1:], os.Stdout, os.Stderr))
}

// notPrinted is what became of figures that could not be printed.
func notPrinted(err error) error { return fmt.Errorf("what was found could not be printed: %w", err) }

// unprinted complains of it: it is no misuse.
func unprinted(console console, err error) error {
	console.complain(notPrinted(err))
	return errFailed
}

// mixes says for the help what each service is asked unless somebody asks for another mix.
func mixes() string {
	var parts []string
	for _, name := range service.Names() {
		parts = append(parts, fmt.Sprintf("%s of %s", service.All[name].Mix, name))
	}
	return strings.Join(parts, "; ")
}

// contracts returns what the services speak.
func contracts() (all []protoreflect.FileDescriptor) {
	for _, name := range service.Names() {
		all = append(all, service.All[name].Contract)
	}
	return all
}

// run is main without the process around it. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var line struct {
		Course     course            `cmd:"" default:"withargs" help:"Drive a numstore with the course's workload: 8 workers send 100 requests each. This is the default; loadgen course --help lists its flags."`
		Run        runCommand        `cmd:"" help:"Hold loads on a target, so many clients or such a rate, one step after the other; measure it, and write it down."`
		Experiment experimentCommand `cmd:"" help:"Answer a question about the servers: start them, measure, and write a page with plots."`
		Report     reportCommand     `cmd:"" help:"Show what runs have measured: a table, and a page with plots."`
		Check      checkCommand      `cmd:"" help:"Say whether a recorded history keeps what its service promises: that it is linearizable; of gossipkv, what each session is promised, and that all servers become equal. Status 0 if it does, 1 if it does not or nobody can tell, 2 if there is nothing to check."`
	}
	program := cli.Program{
		Name:      "loadgen",
		Summary:   "Drives a server and prints what it saw. Status 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.",
		Contracts: contracts(),
		Stdout:    stdout, Stderr: stderr,
	}
	command, status := program.Parse(&line, args, kong.Vars{"mixes": mixes(), "services": strings.Join(service.Names(), ","), "experiments": strings.Join(experiment.Names(), ", ")},
		kong.WithHyphenPrefixedParameters(true)) // for --values -5..5
	if command == nil {
		return status
	}
	command.BindTo(ctx, (*context.Context)(nil))
	err := command.Run(console{out: stdout, err: stderr})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed):
		return exitFailed
	default:
		program.Complain(err)
		return exitMisuse
	}
}
