package experiment

import (
	"fmt"
	"time"
)

// Settings are what somebody asks of an experiment. The tags make flags of them.
type Settings struct {
	Full     bool          `help:"Take the real sizes, which takes longer."`
	Targets  []string      `placeholder:"NAME" help:"Measure these alone (--list has the names)."`
	Sizes    []Size        `placeholder:"SIZE" help:"value-size: sizes of values; restart: of data, such as 512MiB (--list has the defaults)."`
	Mixes    []string      `placeholder:"MIX" help:"value-size: read-only, 50/50; servers: put, get, delete (default all)."`
	Clients  []int         `placeholder:"N" help:"clients: numbers of clients to try, in turn; other experiments take one number (--list has the defaults)."`
	Servers  []int         `placeholder:"N" help:"servers: numbers of servers to try, in turn (--list has the default)."`
	Requests int           `placeholder:"N" help:"servers: calls of each client in each measurement, in place of --duration and --warmup (--list has the default)."`
	Keys     int           `placeholder:"N" help:"Number of keys (default: the experiment's own)."`
	Repeats  int           `default:"3" placeholder:"N" help:"How often each measurement is made: the report has the median, the least and the greatest (default ${default})."`
	Duration time.Duration `default:"1s" placeholder:"TIME" help:"Length of each measurement (default ${default})."`
	Warmup   time.Duration `default:"300ms" placeholder:"TIME" help:"Time before each measurement that is not counted (default ${default})."`
	Peers    bool          `default:"true" negatable:"" help:"Measure etcd and Redis as well, where there are programs of them (default yes)."`
	Bin      string        `placeholder:"DIR" help:"Folder of the programs (default: that of loadgen itself)."`
	Scratch  string        `placeholder:"DIR" help:"Folder for the servers' data; it decides which disk is measured (default: the system's for temporary files)."`
}

// What flags take at most.
const (
	greatestKeys = 100_000_000 // loads keep the names of so many
	mostClients  = 100_000     // of loadgen run
	mostServers  = 64          // processes of this machine
	mostRequests = 1_000_000   // of each client; far beyond a day
)

// check says what is wrong with the first setting that cannot be used.
func (s *Settings) check() error {
	switch {
	case s.Keys < 0 || s.Keys > greatestKeys:
		return fmt.Errorf("--keys is %d; it must be 1 to %d, or 0 for the experiment's own", s.Keys, greatestKeys)
	case s.Requests < 0 || s.Requests > mostRequests:
		return fmt.Errorf("--requests is %d; it must be 1 to %d, or 0 for the experiment's own", s.Requests, mostRequests)
	case s.Repeats < 1 || s.Repeats > 100:
		return fmt.Errorf("--repeats is %d; it must be 1 to 100", s.Repeats)
	case s.Duration <= 0:
		return fmt.Errorf("--duration is %v; it must be above 0", s.Duration)
	case s.Warmup < 0:
		return fmt.Errorf("--warmup is %v; it must not be negative", s.Warmup)
	}
	return nil
}

// checkDisk returns an error unless the disk of the scratch folder has room for so much. Where nobody can tell, there is.
func (s *Settings) checkDisk(need Size) error {
	free, known, err := freeBytes(s.Scratch)
	if err != nil {
		return fmt.Errorf("--scratch %s: %w", s.Scratch, err)
	}
	if known && free < int64(need) {
		return fmt.Errorf("--scratch %s: its disk has %d MiB free, and this needs %d MiB; make room, or name a folder on another disk",
			s.Scratch, free>>20, (need+MiB-1)/MiB)
	}
	return nil
}
