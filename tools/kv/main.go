// Kv is the command line of raftkv, and with --service gossipkv of gossipkv.
//
//	kv put fruit green                     # prints the version of the key
//	kv get fruit > file                    # the value, byte for byte
//	kv put fruit --file picture.png        # a value from a file; - takes it from standard input
//	kv put fruit red --expect-version 7    # only if the key has version 7; absent: if it does not exist
//	kv append fruit ish                    # and kv delete fruit, kv delete --prefix fru
//	kv batch < writes                      # writes on lines, all of them at one moment or none
//	kv scan fru --keys-only                # keys that begin with fru; --from and --to for a range; kv count
//	kv scan --output json > pairs          # an object on each line, for programs; --output json is for all commands
//	kv import pairs                        # writes what such lines say, many at the same time
//	kv stat                                # of the server that answers; --all of every one
//	kv topology                            # shards, replicas and leaders, as a table
//	kv member list                         # who has which replica; add, remove, replace and rebuild change it
//	kv shell                               # for people; type help
//	kv pipe                                # for programs: a call on a line, an answer on a line
//	kv backup FILE --admin-token-file F    # and kv compact, kv shutdown [--all]; - is standard output, for a pipe
//	kv put fruit green --ring --servers a,b,c   # servers that know nothing of each other: the key says which one
//	source <(kv completion bash)           # has the shell complete all of this
//	kv --help                              # the commands, and which service has them; kv put --help lists the flags of one
//
// Of gossipkv:
//
//	export KV_SERVICE=gossipkv
//	kv put fruit green --session me        # a session that goes on in the file me, at whichever server
//	kv get fruit --session me              # never older than what it has seen; status 4 if the server does not have that yet
//	kv stat                                # links, and what the other sides lack; --all of every server
//	kv connect HOST:PORT                   # and kv disconnect, kv forget, kv delete, kv scan, kv shell, kv shutdown
//
// Calls go to the cluster that --servers or KV_SERVERS names, and wait for it as long as --timeout says. Of gossipkv the first server
// that answers is asked.
//
// A value is written to standard output as it is, with a line break after it only on a terminal. A
// line of kv scan is a key, a tab, and a value; keys and values that have tabs or line breaks themselves
// want --hex, --quote or --output json. With --hex, keys and values on the command line, in a pipe and in what is
// printed are hexadecimal digits. Files and standard input, as values, are always taken as they are.
//
// A terminal gets no control characters: what is no text is printed as the shell quotes it, $'\xff', and so are tabs
// and line breaks, but for those of a value that kv get prints alone. With --quote, everything is a word for the shell,
// in pipes too.
//
// Exit status: 0 when it was done; 1 when the key does not exist (get and delete), the cluster refused the
// call, or it could not be done for another reason; 2 when the command line makes no sense and nothing
// was sent; 3 when no server answered in time, or at once when the only server speaks TLS and kv does not, or the
// like; 4 when a server of gossipkv does not have yet what the session has seen. After status 3 a write may have happened; the
// message says.
package main

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
)

// Exit statuses.
const (
	exitOK          = cli.OK
	exitFailed      = cli.Failed // a missing key, a refusal, or something else that prevented it
	exitMisuse      = cli.Misuse // nothing was sent
	exitUnreachable = 3          // no server answered in time
	exitUnmet       = 4          // the server does not have yet what the session has seen
)

const description = `The command line of raftkv, and of gossipkv with --service gossipkv.

Status 0: done. 1: the key does not exist, or the call was refused or failed. 2: the command line makes no sense. 3: no server answered in time, or the only one does not go with the flags for TLS; a write may have happened, the message says. 4, of gossipkv: dependency not met, the server does not have yet what the session has seen.`

// failure is an error that makes the exit status 1.
type failure struct{ error }

// Unwrap returns the error within.
func (f failure) Unwrap() error { return f.error }

// unreachable is an error that makes the exit status 3. Those of calls are statuses of gRPC instead.
type unreachable struct{ error }

// unmet is an error that makes the exit status 4.
type unmet struct{ error }

// Unwrap returns the error within.
func (u unmet) Unwrap() error { return u.error }

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process around it. It returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var line struct {
		Cluster cluster `embed:""`

		Put      putCommand      `cmd:"" help:"Set a key to a value. Prints the key's version."`
		Get      getCommand      `cmd:"" help:"Print the value of a key. Status 1 if the key does not exist."`
		Delete   deleteCommand   `cmd:"" help:"Remove a key; of raftkv status 1 if it does not exist. Or, with --prefix, all keys that begin alike."`
		Scan     scanCommand     `cmd:"" help:"Print keys and values in the order of the keys."`
		Count    countCommand    `cmd:"" help:"Print how many keys there are."`
		Import   importCommand   `cmd:"" help:"Write pairs from a file, as kv scan --output json prints them, many at the same time."`
		Stat     statCommand     `cmd:"" help:"Show counters and the state of the server that answers, or of all."`
		Shell    shellCommand    `cmd:"" help:"Take commands from a person, one on a line; help lists them."`
		Shutdown shutdownCommand `cmd:"" help:"Stop the first server of --servers, or with --all all of them."`

		Append   appendCommand   `cmd:"" group:"raftkv" help:"Put bytes at the end of a key's value. Prints the key's version."`
		Batch    batchCommand    `cmd:"" group:"raftkv" help:"Do the writes on the lines of standard input at one moment, all or none."`
		Topology topologyCommand `cmd:"" group:"raftkv" help:"Show servers, shards, replicas and leaders as a table."`
		Member   memberCommand   `cmd:"" group:"raftkv" help:"Show and change which nodes the cluster has, and who has a replica of which shard."`
		Pipe     pipeCommand     `cmd:"" group:"raftkv" help:"Take calls from a program, one on a line, and answer each on a line: PUT k v, SWAP k v, GET k, DELETE k, SCAN a b, STOP."`
		Backup   backupCommand   `cmd:"" group:"raftkv" help:"Write the whole cluster, each shard as of one moment of its own, to a new file, with which raftkv --restore fills new servers."`
		Compact  compactCommand  `cmd:"" group:"raftkv" help:"Have the server give the space of what was deleted back to the disk."`

		Connect    connectCommand    `cmd:"" group:"gossipkv" help:"Link the first server of --servers to another one. Prints its number."`
		Disconnect disconnectCommand `cmd:"" group:"gossipkv" help:"End the link of the first server of --servers to another one, on both sides."`
		Forget     forgetCommand     `cmd:"" group:"gossipkv" help:"Take a server off that will never come back, so that it holds up nothing."`

		Completion completionCommand `cmd:"" help:"Print a script with which a shell completes command lines of kv."`
	}
	program := cli.Program{
		Name: "kv", Summary: description, Contracts: []protoreflect.FileDescriptor{raftkvpb.File_raftkv_proto, gossipkvpb.File_gossipkv_proto}, Stdout: stdout, Stderr: stderr,
	}
	command, exit := program.Parse(&line, args, kong.PostBuild(tellService))
	if command == nil {
		return exit
	}
	a := newApp(line.Cluster, stdin, stdout, stderr)
	err := and(backends[line.Cluster.Service].lacks(command), a.ringLacks(command))
	if err == nil && command.Selected().Name != "completion" { // which needs no cluster
		err = a.check()
	}
	if err == nil {
		err = a.verdict(command.Run(a))
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) { // a reader that has enough wants no word of it
		a.complain(err)
	}
	return exitStatus(err)
}

// exitStatus returns the exit status of an error, or of nil.
func exitStatus(err error) int {
	if err == nil {
		return exitOK
	}
	if _, ok := errors.AsType[failure](err); ok {
		return exitFailed
	}
	if gone(err) {
		return exitUnreachable
	}
	if _, ok := errors.AsType[unmet](err); ok {
		return exitUnmet
	}
	if _, ok := status.FromError(err); ok {
		return exitFailed
	}
	return exitMisuse
}

// gone reports whether an error means that no server answers.
func gone(err error) bool {
	_, ok := errors.AsType[unreachable](err)
	code := status.Code(err)
	return ok || code == codes.DeadlineExceeded || code == codes.Unavailable
}
