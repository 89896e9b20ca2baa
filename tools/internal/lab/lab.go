// Package lab starts servers as processes of this machine, ours and those that they are compared with, has loads held on them by
// programs that leave result files behind (`loadgen run`, and those of tools/bench/peers), and reads what the servers used
// meanwhile.
//
// A [Command] says how to start a server, and [Start] does it. A [Rig] is where the programs and the servers' data are: it makes commands
// of the servers that there are, and has a [Load] held on one. Nothing here is printed; only servers write their complaints to standard error.
package lab

import (
	"context"
	"os"
	"time"
)

// Rig is where things are.
type Rig struct {
	Bin     string        // the folder of the programs
	Scratch string        // a folder for the servers' data and for result files; it decides which disk is measured
	Warmup  time.Duration // how long each load lasts before it is measured
}

// Command is how to start a server: its processes, several if it is a cluster.
type Command struct {
	Name      string
	Processes []Process
	Ask       func(ctx context.Context, address string) (Status, error) // of a cluster: asks a node for its status

	// Dial connects with the server, for so many callers at a time. It is there for those that can be filled.
	Dial func(addresses []string, callers int) (Store, error)
}

// Store is a server as Fill and Recover see it. As many may call it at a time as it was dialed for.
type Store interface {
	Put(ctx context.Context, key string, value []byte) error
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	Close()
}

// apart returns addresses that are free, and the rig with a scratch folder of its own within the other one, for a cluster of some kind.
func (r Rig) apart(kind string, addresses int) (Rig, []string, error) {
	free, err := FreeAddresses(addresses)
	if err != nil {
		return r, nil, err
	}
	r.Scratch, err = os.MkdirTemp(r.Scratch, kind+"-")
	return r, free, err
}

// Alone is how to start a server of one process.
func Alone(name string, p Process) Command { return Command{Name: name, Processes: []Process{p}} }

// Process is how to start a process of a server.
type Process struct {
	Args    []string // the program first
	Ready   string   // what it prints when it serves, if that does not name the address; empty if it does
	Address string   // then: the address
	Metrics string   // address of its counters, where it has another than its service; empty if it has none
	Syncs   string   // the counter of its syncs; empty if it has none
}

// Load is so many callers of one series.
type Load struct {
	Series  string // what reports call the server and the way to it, such as "raftkv, one Clerk"
	Call    string // what is called; empty if there is one workload only
	Callers int
	Calls   int                               // of each caller, at once and without a warm-up; 0 if the load lasts for a time. For loadgen alone
	Command func(addresses []string) []string // given those of the server: the generator and its arguments, but for clients, times, label and output
}

// Label is the series of the plots that the load belongs to.
func (l Load) Label() string {
	if l.Call == "" {
		return l.Series
	}
	return l.Series + ": " + l.Call
}
