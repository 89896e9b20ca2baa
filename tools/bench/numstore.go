package main

import (
	"path/filepath"
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
		servers: []command{
			alone(bare, process{args: []string{filepath.Join(b.Bin, "bare")}}),
			alone(numstore, process{args: []string{filepath.Join(b.Bin, "numstore"), "--addr", "localhost:0", "--log-level", "warn"}}),
		},
		pairs: []pair{{numstore, bare}, {numstore, python}},
	}
	if b.Python != "" {
		s.servers = append(s.servers, alone(python, process{args: []string{b.Python, "compat/reference/server.py", "--port", "0"}}))
	}
	for _, callers := range b.Callers {
		var group []load
		for _, server := range s.servers {
			group = append(group, load{series: server.name, server: server.name, callers: callers, command: func(addresses []string) []string {
				return []string{"loadgen", "run", addresses[0]}
			}})
		}
		s.groups = append(s.groups, group)
	}
	return s, nil
}
