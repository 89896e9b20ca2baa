package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"numstore.example/tools/internal/cli"
	"numstore.example/tools/internal/dial"
	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/service"
	"numstore.example/tools/loadgen/internal/table"
	"numstore.example/tools/loadgen/internal/workload"
)

// runCommand holds one load after the other on a target.
type runCommand struct {
	Target string `arg:"" help:"The server: a port on this machine, host:port, or unix:/path of its socket. Of gossipkv, and with --ring, several, separated by commas."`

	Service string `default:"numstore" enum:"${services}" placeholder:"NAME" help:"What the target is: ${enum} (default ${default})."`
	Label   string `placeholder:"TEXT" help:"What reports call this run (default: the target)."`

	Clients     []int `placeholder:"N" help:"Closed loop: so many clients with one call in flight each; a step for each number (default 1,2,4,8 unless there is a --rate)."`
	Rate        []int `placeholder:"N" help:"Open loop: so many calls due in a second, whatever becomes of those before; a step for each number. Latency runs from when a call was due."`
	MaxInFlight int   `default:"10000" placeholder:"N" help:"Open loop: most calls in flight; when they are reached, calls wait, and that is part of their latency (default ${default})."`
	length
	Timeout time.Duration `default:"10s" placeholder:"TIME" help:"Deadline of each call (default ${default})."`

	Distribution workload.Distribution `default:"uniform" enum:"uniform,zipf" placeholder:"NAME" help:"How often each key is chosen: uniform, or zipf, where the r-th key is chosen in proportion to 1/r^skew (default ${default})."`
	Skew         float64               `default:"0.99" placeholder:"X" help:"Of zipf, above 0 (default ${default})."`
	Prefix       string                `default:"key" placeholder:"TEXT" help:"What the names of the keys begin with (default ${default})."`
	ValueSize    workload.Range        `default:"128" placeholder:"A..B" help:"raftkv, gossipkv: bytes of a value, one number or a range of equally likely ones (default ${default})."`
	Unary        bool                  `help:"raftkv: make each call by itself, with the generated client, and not through the Clerk, which bundles them; each connection has a Clerk of its own."`
	Any          bool                  `help:"raftkv: let the servers that hold a shard answer its gets in turn, and not the leader alone; the gets are linearizable all the same."`
	Ring         bool                  `help:"raftkv: the servers of the target know nothing of each other; each key is at one of them, by consistent hashing in their order, as with kv --ring."`
	Fill         bool                  `help:"First write every key once, as fast as it goes, so that no get finds one missing; with several servers of gossipkv, one has each key at first. That is not counted."`
	Move         int                   `default:"10" placeholder:"N" help:"gossipkv: each client is a session, which moves to another of the servers before so many of a hundred calls, and after each that failed (default ${default})."`

	Out             string        `placeholder:"FILE" help:"Write what was measured, for loadgen report."`
	History         string        `placeholder:"FILE" help:"Write every call and its answer, for loadgen check. The server must be new, and nobody else may use it. With gossipkv, also what all servers have when they have become equal."`
	HistoryLimit    int           `default:"10000" placeholder:"N" help:"With --history: end the run after so many calls, because longer histories take long to check; of numstore, more than 16 calls in flight at a time do so too, and of gossipkv neither does (default ${default})."`
	ConvergeTimeout time.Duration `default:"30s" placeholder:"TIME" help:"gossipkv, with --history: how long the servers may take to become equal in the end (default ${default})."`

	workload.Config
	dial.Options `envprefix:"LOADGEN_"`
}

// Limits of --value-size: the greatest value that raftkv takes by default, and one that a history has room
// for many times.
const (
	maxValue    = 16 << 20
	maxRecorded = 1024
)

// check says what is wrong with the first setting that cannot be used, and fills in what was left open.
func (c *runCommand) check() error {
	if c.Clients != nil && c.Rate != nil {
		return fmt.Errorf("--clients and --rate exclude each other: the one is a closed loop, the other an open one")
	}
	if err := c.length.check(c.Rate != nil, c.History != ""); err != nil {
		return err
	}
	if c.Clients == nil && c.Rate == nil {
		c.Clients = []int{1, 2, 4, 8}
	}
	for _, clients := range c.Clients {
		if clients < 1 || clients > 100_000 {
			return fmt.Errorf("--clients has %d; it must be 1 to 100000", clients)
		}
	}
	for _, rate := range c.Rate {
		if rate < 1 || rate > 10_000_000 {
			return fmt.Errorf("--rate has %d; it must be 1 to 10000000", rate)
		}
	}
	switch {
	case c.MaxInFlight < 1:
		return fmt.Errorf("--max-in-flight is %d; it must be at least 1", c.MaxInFlight)
	case c.Timeout <= 0:
		return fmt.Errorf("--timeout is %v; it must be above 0", c.Timeout)
	case c.Move < 0 || c.Move > 100:
		return fmt.Errorf("--move is %d; it must be 0 to 100", c.Move)
	case c.ConvergeTimeout <= 0:
		return fmt.Errorf("--converge-timeout is %v; it must be above 0", c.ConvergeTimeout)
	case c.Unary && !service.All[c.Service].Bundles:
		return fmt.Errorf("--unary is for services whose client bundles calls; that of %s does not", c.Service)
	case c.Any && !service.All[c.Service].Bundles:
		return fmt.Errorf("--any is for services that have a leader for each key; %s has none", c.Service)
	case c.Any && c.Unary:
		return fmt.Errorf("--any and --unary exclude each other: it is the Clerk that knows which servers hold a shard")
	case c.Ring && !service.All[c.Service].Spreads:
		return fmt.Errorf("--ring is for raftkv, whose servers may each have some of the keys; those of %s may not", c.Service)
	case c.Fill && c.History != "":
		return fmt.Errorf("--fill and --history exclude each other: a history that lacks some calls proves nothing")
	case c.HistoryLimit < 1:
		return fmt.Errorf("--history-limit is %d; it must be at least 1", c.HistoryLimit)
	case c.ValueSize.First < 0 || c.ValueSize.Last > maxValue:
		return fmt.Errorf("--value-size is %v; it must be 0 to %d", c.ValueSize, maxValue)
	case c.History != "" && c.ValueSize.Last > maxRecorded:
		return fmt.Errorf("--value-size is %v; with --history it must be at most %d, so that the history can be checked", c.ValueSize, maxRecorded)
	}
	if err := errors.Join(cli.Text("the target", c.Target), cli.Text("--label", c.Label), cli.Text("--prefix", c.Prefix)); err != nil {
		return err // results and histories are JSON
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64() // chosen here so that it is in the file
	}
	c.Config.Distribution, c.Config.Skew, c.Config.Prefix, c.Config.Sizes = c.Distribution, c.Skew, c.Prefix, c.ValueSize
	return c.Config.Check(service.All[c.Service].Mix)
}

// Run connects, holds all loads, writes the files and prints the table.
func (c *runCommand) Run(ctx context.Context, console console) error {
	if err := c.check(); err != nil {
		return err
	}
	kind := service.All[c.Service]
	target, hangUp, err := c.connect(ctx, kind.Several || c.Ring)
	if err != nil {
		return err
	}
	defer hangUp()
	if err := c.ready(ctx, kind, target); err != nil {
		return err
	}
	send, closeAll, err := kind.Open(target)
	if err != nil {
		return err
	}
	defer closeAll()
	run, err := c.create(target)
	if err != nil {
		return err
	}
	if c.Fill {
		if err := c.fill(ctx, kind, target); err != nil {
			console.complain(errors.Join(err, run.close(&drive.Driver{})))
			return errFailed
		}
	}

	driver := &drive.Driver{Calls: kind.Calls, Send: send, Nap: nap}
	if c.History != "" {
		driver.HistoryLimit = c.HistoryLimit
		c.warn(console)
	}
	err = errors.Join(run.drive(ctx, driver, c.loads(), console), c.conclude(ctx, driver, kind, target, console), run.close(driver))
	if errPrint := table.New(&run.Run).Write(console.out); errPrint != nil { // after the files: perhaps nobody reads it
		err = errors.Join(err, notPrinted(errPrint))
	}
	if err != nil { // the calls went through, and so it is not misuse
		console.complain(err)
		return errFailed
	}
	for _, step := range run.Steps {
		if step.Failed() > 0 {
			return errFailed
		}
	}
	return nil
}

// connect connects with all servers of the target. hangUp ends that.
func (c *runCommand) connect(ctx context.Context, several bool) (target service.Target, hangUp func(), err error) {
	target = service.Target{Workload: c.Config, Recorded: c.History != "", Unary: c.Unary, Any: c.Any, Move: c.Move}
	hangUp = func() {
		for _, server := range target.Servers {
			dial.Close(server.Conns)
		}
	}
	texts := []string{c.Target}
	if several {
		texts = strings.Split(c.Target, ",")
	}
	for _, text := range texts {
		server := service.Server{}
		if server.Addr, err = dial.Target(text); err == nil {
			server.Conns, err = dial.Connect(ctx, server.Addr, c.Options)
		}
		if err != nil {
			hangUp()
			return target, nil, err
		}
		target.Servers = append(target.Servers, server)
	}
	if target.Dialing, err = c.DialOptions(); err == nil && c.Ring {
		target.Ring, err = ringOf(target.Servers)
	}
	if err != nil {
		hangUp()
		return target, nil, err
	}
	return target, hangUp, nil
}

// fill writes every key once.
func (c *runCommand) fill(ctx context.Context, kind service.Service, target service.Target) error {
	target.Workload = target.Workload.Filling(kind.Fills)
	send, closeAll, err := kind.Open(target)
	if err != nil {
		return err
	}
	defer closeAll()
	return drive.Fill(ctx, drive.Fillers(c.ValueSize.Last), c.Keys, c.Timeout, send)
}

// conclude ends the history, if it needs that. It does so too when the run was interrupted: a history without an end shows less.
func (c *runCommand) conclude(ctx context.Context, driver *drive.Driver, kind service.Service, target service.Target, console console) (err error) {
	if kind.End == nil || len(driver.History) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.ConvergeTimeout)
	defer cancel()
	start := time.Now()
	driver.Conclude(func(now func() int64) (operations []history.Operation) {
		operations, err = kind.End(ctx, target, now)
		return operations
	})
	if err != nil {
		return fmt.Errorf("the servers were not equal within %v after the run: %w", c.ConvergeTimeout, err)
	}
	fmt.Fprintf(console.err, "loadgen: all servers were equal %.3f s after the run\n", time.Since(start).Seconds())
	return nil
}

// ready asks whether the server is one to drive, as long as a call may take.
func (c *runCommand) ready(ctx context.Context, kind service.Service, target service.Target) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return kind.Ready(ctx, target)
}

// warn says that a history may be too hard to check.
func (c *runCommand) warn(console console) {
	checkable := service.All[c.Service].Checkable
	if checkable > 0 && (len(c.Rate) > 0 || slices.Max(c.Clients) > checkable) {
		fmt.Fprintf(console.err, "loadgen: with more than %d calls in flight at a time, loadgen check may run out of time on the history\n", checkable)
	}
}

// loads returns the load of each step.
func (c *runCommand) loads() []drive.Load {
	load := drive.Load{MaxInFlight: c.MaxInFlight, Timeout: c.Timeout}
	c.length.of(&load)
	var loads []drive.Load
	for _, load.Clients = range c.Clients {
		loads = append(loads, load)
	}
	for _, load.Rate = range c.Rate {
		loads = append(loads, load)
	}
	return loads
}

func (c *runCommand) header(target service.Target) result.Header {
	label := c.Label
	if label == "" {
		label = target.String()
	}
	parameters := map[string]string{
		"timeout": c.Timeout.String(),
		"keys":    strconv.Itoa(c.Keys), "mix": c.Mix.String(),
		"distribution": string(c.Distribution), "seed": strconv.FormatUint(c.Seed, 10),
		"connections": strconv.Itoa(c.Connections), "generator": fmt.Sprintf("%s on %d processors", runtime.Version(), runtime.GOMAXPROCS(0)),
	}
	maps.Copy(parameters, c.length.parameters())
	maps.Copy(parameters, service.All[c.Service].Parameters(target))
	if c.Distribution == workload.Zipf {
		parameters["skew"] = strconv.FormatFloat(c.Skew, 'g', -1, 64)
	}
	if c.Rate != nil {
		parameters["max-in-flight"] = strconv.Itoa(c.MaxInFlight)
	}
	return result.Header{Label: label, Service: c.Service, Target: target.String(), Started: time.Now(), Parameters: parameters}
}
