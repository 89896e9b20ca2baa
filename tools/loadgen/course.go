package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"numstore.example/tools/internal/dial"
	"numstore.example/tools/internal/drive"
	"numstore.example/tools/loadgen/internal/report"
	"numstore.example/tools/loadgen/internal/service"
	"numstore.example/tools/loadgen/internal/workload"
)

// course is the course's client: workers that send one request after the other.
type course struct {
	Target string `arg:"" help:"The server: a port on this machine, host:port, or unix:/path of its socket."`

	Workers  int           `default:"8" placeholder:"N" help:"Workers, each with one request in flight (default ${default})."`
	Requests int           `default:"100" placeholder:"N" help:"Requests of each worker (default ${default})."`
	Duration time.Duration `placeholder:"TIME" help:"Send for this long, however many requests that makes."`
	Timeout  time.Duration `default:"10s" placeholder:"TIME" help:"Deadline of each request (default ${default})."`
	JSON     bool          `help:"Print the figures as one line of JSON."`

	workload.Config
	dial.Options `envprefix:"LOADGEN_"`
}

// check says what is wrong with the first setting that cannot be used.
func (c *course) check() error {
	switch {
	case c.Workers < 1:
		return fmt.Errorf("--workers is %d; it must be at least 1", c.Workers)
	case c.Requests < 1:
		return fmt.Errorf("--requests is %d; it must be at least 1", c.Requests)
	case c.Timeout <= 0:
		return fmt.Errorf("--timeout is %v; it must be above 0", c.Timeout)
	case c.Duration < 0:
		return fmt.Errorf("--duration is %v; it must not be negative", c.Duration)
	}
	return c.Config.Check(numstore.Mix)
}

// Run connects, sends, and prints the figures.
func (c *course) Run(ctx context.Context, console console) error {
	if err := c.check(); err != nil {
		return err
	}
	addr, err := dial.Target(c.Target)
	if err != nil {
		return err
	}
	conns, err := dial.Connect(ctx, addr, c.Options)
	if err != nil {
		return err
	}
	defer dial.Close(conns)
	target := service.Target{Servers: []service.Server{{Addr: addr, Conns: conns}}, Workload: c.Config}
	if err := c.ready(ctx, target); err != nil {
		return err
	}

	start := time.Now()
	tally := c.drive(ctx, target)
	figures := report.New(addr, c.Workers, time.Since(start), tally)

	var text bytes.Buffer
	if c.JSON {
		err = figures.WriteJSON(&text)
	} else {
		fmt.Fprintln(&text, c.headline(addr))
		figures.WriteText(&text)
	}
	if _, errPrint := text.WriteTo(console.out); errPrint != nil {
		err = unprinted(console, errPrint)
	}
	if err == nil && figures.Failed() > 0 {
		figures.WriteErrors(console.err)
		err = errFailed
	}
	return err
}

func (c *course) headline(addr string) string {
	if c.Duration > 0 {
		return fmt.Sprintf("%d workers for %v to %s", c.Workers, c.Duration, addr)
	}
	return fmt.Sprintf("%d workers x %d requests to %s", c.Workers, c.Requests, addr)
}

// ready asks whether the server is one to drive, as long as a request may take.
func (c *course) ready(ctx context.Context, target service.Target) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return numstore.Ready(ctx, target)
}

// drive lets all workers send until they are done, or the run's time is over, or ctx is done. Requests
// that are on their way then are waited for.
func (c *course) drive(ctx context.Context, target service.Target) *report.Tally {
	requests := c.Requests
	if c.Duration > 0 {
		requests = math.MaxInt
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Duration)
		defer cancel()
	}
	workers := make([]worker, c.Workers)
	open, _, _ := numstore.Open(target) // opens nothing, so cannot fail
	var wg sync.WaitGroup
	for i := range workers {
		workers[i] = worker{send: open(i), timeout: c.Timeout, tally: report.NewTally()}
		wg.Go(func() { workers[i].drive(ctx, requests) })
	}
	wg.Wait()

	total := report.NewTally()
	for _, worker := range workers {
		total.Add(worker.tally)
	}
	return total
}

// numstore is what the course's client drives.
var numstore = service.All["numstore"]

// worker has one request in flight at a time.
type worker struct {
	send    drive.Send
	timeout time.Duration
	tally   *report.Tally
}

// drive sends requests until it has sent that many, or ctx is done.
func (w *worker) drive(ctx context.Context, requests int) {
	for ; requests > 0 && ctx.Err() == nil; requests-- {
		w.call(context.WithoutCancel(ctx))
	}
}

// call makes one call and counts it.
func (w *worker) call(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	start := time.Now()
	outcome := w.send(ctx, nil)
	if outcome.Err != nil {
		w.tally.CountFailure(outcome.Err)
		return
	}
	w.tally.Took(time.Since(start))
	if numstore.Calls.Names[outcome.Call] == "SetNum" {
		w.tally.SetNums++
		return
	}
	mark := numstore.Calls.Marks[outcome.Mark]
	w.tally.CountFact(mark == "hit", mark == "error")
}
