package main

import (
	"path/filepath"

	"numstore.example/tools/internal/lab"
)

// The servers of the suite, in the order of the table.
const (
	bare     = "bare gRPC"
	numstore = "numstore"
	python   = "Python reference"
)

// numstoreSuite compares numstore with a server that does nothing, and with the course's.
func numstoreSuite(b *bench) (*suite, error) {
	s := &suite{
		servers: []lab.Command{
			lab.Alone(bare, lab.Process{Args: []string{filepath.Join(b.Bin, "bare")}}),
			lab.Numstore(b.rig()),
		},
		pairs: []pair{{numstore, bare}, {numstore, python}},
	}
	if b.Python != "" {
		s.servers = append(s.servers, lab.Alone(python, lab.Process{Args: []string{b.Python, "compat/reference/server.py", "--port", "0"}}))
	}
	for _, callers := range b.Callers {
		var group []load
		for _, server := range s.servers {
			group = append(group, load{server: server.Name, Load: lab.Load{Series: server.Name, Callers: callers, Command: func(addresses []string) []string {
				return []string{"loadgen", "run", addresses[0]}
			}}})
		}
		s.groups = append(s.groups, group)
	}
	return s, nil
}
