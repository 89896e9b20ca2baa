// Etcdload drives an etcd through its own Go client, in a closed loop. It writes a result file like
// `loadgen run`, by the same generator: the two can be compared.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/alecthomas/kong"
	clientv3 "go.etcd.io/etcd/client/v3"

	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// etcdload is the command line.
type etcdload struct {
	Target string `arg:"" help:"The server, as host:port."`

	Call        string        `default:"put" enum:"put,get" help:"What to call: put, or get, which is linearizable (default ${default})."`
	Clients     int           `default:"1" help:"Clients with one call in flight each (default ${default})."`
	Connections int           `default:"4" help:"Connections that the clients share in turn (default ${default})."`
	Keys        int           `default:"1000" help:"Number of keys, all equally often called (default ${default})."`
	ValueSize   int           `default:"128" help:"Bytes of a value (default ${default})."`
	Duration    time.Duration `default:"5s" help:"Length of the measurement (default ${default})."`
	Warmup      time.Duration `default:"1s" help:"Time before it that is not counted (default ${default})."`
	Timeout     time.Duration `default:"10s" help:"Deadline of each call (default ${default})."`
	Label       string        `default:"etcd" help:"What reports call this run (default ${default})."`
	Out         string        `required:"" help:"File to write what was measured to."`
}

func main() {
	var load etcdload
	kong.Parse(&load, kong.Name("etcdload"), kong.Description("Drives an etcd through its own Go client."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := load.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "etcdload:", err)
		os.Exit(1)
	}
}

// check says what is wrong with the first setting that cannot be used.
func (e *etcdload) check() error {
	for name, value := range map[string]int{"--clients": e.Clients, "--connections": e.Connections, "--keys": e.Keys, "--value-size": e.ValueSize} {
		if value < 1 {
			return fmt.Errorf("%s is %d; it must be at least 1", name, value)
		}
	}
	if e.Duration <= 0 || e.Timeout <= 0 {
		return fmt.Errorf("--duration is %v and --timeout is %v; both must be above 0", e.Duration, e.Timeout)
	}
	return nil
}

// run connects, drives, and writes the file.
func (e *etcdload) run(ctx context.Context) error {
	if err := e.check(); err != nil {
		return err
	}
	var clients []*clientv3.Client
	for range e.Connections {
		client, err := clientv3.New(clientv3.Config{Endpoints: []string{e.Target}})
		if err != nil {
			return err
		}
		defer client.Close()
		clients = append(clients, client)
	}
	driver := &drive.Driver{Calls: calls, Send: func(worker int) drive.Send { return e.sender(clients[worker%len(clients)]) }}
	step, err := e.measure(ctx, driver)
	if err == nil && step.Failed() > 0 {
		err = fmt.Errorf("%d calls failed, such as: %v", step.Failed(), step.Examples)
	}
	return err
}

// measure holds the load, and writes the file while it does.
func (e *etcdload) measure(ctx context.Context, driver *drive.Driver) (result.Step, error) {
	file, err := os.Create(e.Out)
	if err != nil {
		return result.Step{}, err
	}
	defer file.Close()
	lines, err := result.NewWriter(file, result.Header{
		Label: e.Label, Service: "etcd", Target: e.Target, Started: time.Now(),
		Parameters: map[string]string{
			"duration": e.Duration.String(), "warmup": e.Warmup.String(), "timeout": e.Timeout.String(),
			"keys": strconv.Itoa(e.Keys), "mix": e.Call + "=100", "value-size": strconv.Itoa(e.ValueSize),
			"connections": strconv.Itoa(e.Connections),
		},
	})
	if err != nil {
		return result.Step{}, err
	}
	load := drive.Load{Clients: e.Clients, Warmup: e.Warmup, Duration: e.Duration, Timeout: e.Timeout}
	step := driver.Run(ctx, load, func(interval result.Interval) { err = errors.Join(err, lines.Interval(interval)) })
	return step, errors.Join(err, lines.Step(step), file.Close())
}

// calls are what etcd is asked. Their names are those of raftkv, so that one report can show both.
var calls = drive.Calls{
	Names: []string{put: "Put", get: "Get"},
	Marks: []string{plain: "", missing: "missing"},
}

// Places in the lists above.
const (
	put, get       = 0, 1
	plain, missing = 0, 1
)

// sender makes the calls of one worker.
func (e *etcdload) sender(client *clientv3.Client) drive.Send {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	key := func() string { return "key" + strconv.Itoa(random.IntN(e.Keys)) }
	if e.Call == "get" {
		return func(ctx context.Context, _ *history.Operation) drive.Outcome {
			reply, err := client.Get(ctx, key())
			outcome := drive.Outcome{Call: get, Err: err}
			if err == nil && len(reply.Kvs) == 0 {
				outcome.Mark = missing
			}
			return outcome
		}
	}
	noise := noise(e.ValueSize + 1<<16)
	return func(ctx context.Context, _ *history.Operation) drive.Outcome {
		_, err := client.Put(ctx, key(), noise[random.IntN(1<<16):][:e.ValueSize])
		return drive.Outcome{Call: put, Err: err}
	}
}

// noise returns bytes that no store can make smaller.
func noise(size int) string {
	bytes := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(bytes)
	return string(bytes)
}
