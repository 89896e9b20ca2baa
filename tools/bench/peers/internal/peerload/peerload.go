// Package peerload is what the programs share that drive a peer of raftkv through that peer's own Go client, in a closed
// loop. Each writes a result file like `loadgen run`, by the same generator: all can be compared.
package peerload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"

	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// Client is a client of the peer. Several workers may use it at a time.
type Client interface {
	Put(ctx context.Context, key, value string) error
	Get(ctx context.Context, key string) (found bool, err error)
	Close()
}

// load is the command line, and what is driven.
type load struct {
	Target string `arg:"" help:"The server, as host:port, or the nodes of a cluster, with commas between."`

	Call        string        `default:"put" enum:"put,get,mix" help:"What to call: put, get, or each half of the time (default ${default})."`
	Fill        bool          `help:"First put every key once, so that no get finds one missing. That is not counted."`
	Clients     int           `default:"1" help:"Clients with one call in flight each (default ${default})."`
	Connections int           `default:"4" help:"Connections that the clients share in turn (default ${default})."`
	Keys        int           `default:"1000" help:"Number of keys, all equally often called (default ${default})."`
	ValueSize   int           `default:"128" help:"Bytes of a value (default ${default})."`
	Duration    time.Duration `default:"5s" help:"Length of the measurement (default ${default})."`
	Warmup      time.Duration `default:"1s" help:"Time before it that is not counted (default ${default})."`
	Timeout     time.Duration `default:"10s" help:"Deadline of each call (default ${default})."`
	Label       string        `default:"${peer}" help:"What reports call this run (default ${default})."`
	Out         string        `required:"" help:"File to write what was measured to."`

	peer string
}

// Main is the program that drives a peer. Dial returns a client that has one connection, or one to each node.
func Main(peer string, dial func(target string) (Client, error)) {
	l := load{peer: peer}
	name := peer + "load"
	kong.Parse(&l, kong.Name(name), kong.Description("Drives "+peer+" through its own Go client."), kong.Vars{"peer": peer})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := l.run(ctx, dial); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// check says what is wrong with the first setting that cannot be used.
func (l *load) check() error {
	for name, value := range map[string]int{"--clients": l.Clients, "--connections": l.Connections, "--keys": l.Keys, "--value-size": l.ValueSize} {
		if value < 1 {
			return fmt.Errorf("%s is %d; it must be at least 1", name, value)
		}
	}
	if l.Duration <= 0 || l.Timeout <= 0 {
		return fmt.Errorf("--duration is %v and --timeout is %v; both must be above 0", l.Duration, l.Timeout)
	}
	return nil
}

// run connects, drives, and writes the file.
func (l *load) run(ctx context.Context, dial func(target string) (Client, error)) error {
	if err := l.check(); err != nil {
		return err
	}
	var clients []Client
	for range l.Connections {
		client, err := dial(l.Target)
		if err != nil {
			return err
		}
		defer client.Close()
		clients = append(clients, client)
	}
	if l.Fill {
		if err := l.fill(ctx, clients); err != nil {
			return err
		}
	}
	noise := noise(l.ValueSize + offsets)
	driver := &drive.Driver{Calls: calls, Send: func(worker int) drive.Send { return l.sender(clients[worker%len(clients)], noise) }}
	step, err := l.measure(ctx, driver)
	if err == nil && step.Failed() > 0 {
		err = fmt.Errorf("%d calls failed, such as: %v", step.Failed(), step.Examples)
	}
	return err
}

// measure holds the load, and writes the file while it does.
func (l *load) measure(ctx context.Context, driver *drive.Driver) (result.Step, error) {
	file, err := os.Create(l.Out)
	if err != nil {
		return result.Step{}, err
	}
	defer file.Close()
	lines, err := result.NewWriter(file, result.Header{
		Label: l.Label, Service: l.peer, Target: l.Target, Started: time.Now(),
		Parameters: map[string]string{
			"duration": l.Duration.String(), "warmup": l.Warmup.String(), "timeout": l.Timeout.String(),
			"keys": strconv.Itoa(l.Keys), "mix": mixes[l.Call], "value-size": strconv.Itoa(l.ValueSize),
			"connections": strconv.Itoa(l.Connections),
		},
	})
	if err != nil {
		return result.Step{}, err
	}
	load := drive.Load{Clients: l.Clients, Warmup: l.Warmup, Duration: l.Duration, Timeout: l.Timeout}
	step := driver.Run(ctx, load, func(interval result.Interval) { err = errors.Join(err, lines.Interval(interval)) })
	return step, errors.Join(err, lines.Step(step), file.Close())
}

// calls are what a peer is asked. Their names are those of raftkv, so that one report can show both.
var calls = drive.Calls{
	Names: []string{put: "Put", get: "Get"},
	Marks: []string{plain: "", missing: "missing"},
}

// Places in the lists above.
const (
	put, get       = 0, 1
	plain, missing = 0, 1
)

// mixes are what --call names, as loadgen run says it.
var mixes = map[string]string{"put": "put=100", "get": "get=100", "mix": "get=50,put=50"}

// offsets is how many different values there are.
const offsets = 1 << 16

// sender makes the calls of one worker.
func (l *load) sender(client Client, noise string) drive.Send {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	return func(ctx context.Context, _ *history.Operation) drive.Outcome {
		key := "key" + strconv.Itoa(random.IntN(l.Keys))
		if l.Call == "put" || l.Call == "mix" && random.IntN(2) == 0 {
			return drive.Outcome{Call: put, Err: client.Put(ctx, key, noise[random.IntN(offsets):][:l.ValueSize])}
		}
		found, err := client.Get(ctx, key)
		outcome := drive.Outcome{Call: get, Err: err}
		if err == nil && !found {
			outcome.Mark = missing
		}
		return outcome
	}
}

// fill puts every key once.
func (l *load) fill(ctx context.Context, clients []Client) error {
	noise, number := noise(l.ValueSize+offsets), new(atomic.Int64)
	return drive.Fill(ctx, drive.Fillers(int64(l.ValueSize)), l.Keys, l.Timeout, func(worker int) drive.Send {
		client := clients[worker%len(clients)]
		return func(ctx context.Context, _ *history.Operation) drive.Outcome {
			i := int(number.Add(1) - 1)
			return drive.Outcome{Call: put, Err: client.Put(ctx, "key"+strconv.Itoa(i), noise[i%offsets:][:l.ValueSize])}
		}
	})
}

// noise returns bytes that no store can make smaller.
func noise(size int) string {
	bytes := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(bytes)
	return string(bytes)
}
