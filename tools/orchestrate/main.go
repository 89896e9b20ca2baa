// Orchestrate runs a script of servers and clients of gossipkv: joins, puts, partitions and crashes of real processes on this
// machine.
//
//	orchestrate < script               # prints what the script asks for
//	orchestrate script --strict        # ends at the first faulty line, with status 1
//	orchestrate --data-dir d script    # keeps the servers' data for the next run
//	orchestrate --help                 # the commands of scripts
//
// README.md shows the commands with an example. What a script asks for goes to standard output, in order; what is wrong with
// it, with the number of the line, and in the end how long it took, to standard error.
//
// Exit status: 0 at the end of the script, even if lines were faulty; 1 when a line was faulty and --strict is given, when a server ended by itself, or when the script
// could not be read or what was found not be printed; 2 when the command line makes no sense, or there is no server to run. Interrupted
// or told to end, it has status 130 or 143. However it ends, no process is left behind.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/cli"
	"numstore.example/tools/orchestrate/internal/fleet"
)

const description = `Runs a script of servers and clients of gossipkv, one command on a line. Servers are processes of this machine, clients are sessions.

    joinServer S          start a server, linked to all that run
    killServer S          kill it, as a crash does; its data stay
    joinClient C S        connect a client to this server and no other
    breakConnection X Y   end the connection of two servers, or a client and one
    createConnection X Y  make it (again)
    put C KEY VALUE       the value is the rest of the line
    get C KEY             print KEY:VALUE, or KEY:ERR_KEY where is no value, or
                          KEY:ERR_DEP where is not yet what the client has seen
    printStore S          print KEY:VALUE for each key that the server has
    stabilize             wait until all that can reach each other are equal,
                          at most 5 seconds
    echo TEXT             print the text
    exit, done            end it, as the end of the script does

Ids of servers and clients are integers; no client has that of a server. Blank lines and lines that begin with # are skipped. An example:

    joinServer 1
    joinServer 2
    joinClient 10 1
    breakConnection 1 2
    put 10 color green
    joinClient 10 2
    get 10 color
    createConnection 1 2
    stabilize
    get 10 color

It prints color:ERR_DEP and color:green.

Status 0: at the end of the script. 1: a line was faulty and --strict is given, a server ended by itself, or the script could not be read. 2: the command line makes no sense, or there is no server to run.`

// settings is the command line.
type settings struct {
	Script  string `arg:"" optional:"" help:"The file with the script; - or nothing is standard input."`
	Server  string `env:"ORCHESTRATE_SERVER" placeholder:"PROGRAM" help:"The server's program. By default the gossipkv beside this program, or in PATH, or, inside the repository, one that is built."`
	DataDir string `env:"ORCHESTRATE_DATA_DIR" placeholder:"FOLDER" help:"Where the servers' data lie, and stay for the next run. By default they are temporary."`
	Strict  bool   `env:"ORCHESTRATE_STRICT" help:"End at the first faulty line, with status 1."`
}

func main() {
	os.Exit(run(untilSignalled(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// signalled is why a context is done after a signal.
type signalled struct{ syscall.Signal }

func (s signalled) Error() string { return s.Signal.String() }

// untilSignalled returns a context that is done at the first signal which ends a program; a second one ends it at once. A reader of the output who goes away does not
// end it: writing returns an error.
func untilSignalled() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // taken, and not ignored: servers would go on to ignore it
	go func() {
		s := <-signals
		signal.Stop(signals)
		cancel(signalled{s.(syscall.Signal)})
	}()
	return ctx
}

// run is main without the process around it. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var line settings
	program := cli.Program{
		Name: "orchestrate", Summary: description, Contracts: []protoreflect.FileDescriptor{gossipkvpb.File_gossipkv_proto}, Stdout: stdout, Stderr: stderr,
	}
	if command, status := program.Parse(&line, args); command == nil {
		return status
	}
	console := &console{out: stdout, err: stderr}
	err := line.play(ctx, stdin, console)
	if s, ok := errors.AsType[signalled](err); ok {
		return 128 + int(s.Signal)
	}
	if err != nil && !errors.Is(err, errStopped) {
		console.say("%v", err)
	}
	if _, ok := errors.AsType[misuse](err); ok {
		return cli.Misuse
	}
	if err != nil {
		return cli.Failed
	}
	return cli.OK
}

// misuse is an error that makes the exit status 2.
type misuse struct{ error }

// play runs the script. No process and nothing temporary is left when it returns.
func (s *settings) play(ctx context.Context, stdin io.Reader, console *console) (err error) {
	if s.Script != "" && s.Script != "-" {
		file, err := os.Open(s.Script)
		if err != nil {
			return misuse{err}
		}
		defer file.Close()
		stdin = file
	}
	console.screen = isTerminal(console.err) && !isTerminal(stdin)
	folder, err := os.MkdirTemp("", "orchestrate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	program, err := findProgram(ctx, s.Server, folder, console.say)
	if err != nil {
		return misuse{err}
	}
	f, err := fleet.Open(program, folder, s.DataDir)
	if err != nil {
		return misuse{err}
	}
	defer f.Close()
	numbers, err := readNumbers(s.numbersFile())
	if err != nil {
		return misuse{err}
	}
	launch := func(ctx context.Context, number int) (process, error) { return f.Start(ctx, number) }
	system, err := newSystem(launch, f.Secret(), numbers)
	if err != nil {
		return err
	}
	defer system.close()
	return perform(ctx, system, s.Strict, stdin, console)
}

// numbersFile is the file of the numbers of servers; empty if data are temporary.
func (s *settings) numbersFile() string {
	if s.DataDir == "" {
		return ""
	}
	return filepath.Join(s.DataDir, "ids")
}

// perform runs a script with a system, and tells in the end how long it took.
func perform(ctx context.Context, system *system, strict bool, script io.Reader, console *console) error {
	p := &play{system: system, console: console, strict: strict}
	stop := console.progress(&p.done)
	begun := time.Now()
	err := p.run(ctx, script)
	stop()
	elapsed := time.Since(begun).Seconds()
	commands, puts := p.done.commands.Load(), p.done.puts.Load()
	console.say("%d commands in %.3f s: %.2f commands/s, %.2f puts/s", commands, elapsed, float64(commands)/elapsed, float64(puts)/elapsed)
	if err == nil && p.crashed {
		return errStopped
	}
	return err
}
