package rpcserver

import (
	"fmt"
	"log/slog"
)

// descriptors is how many files and connections the process may have open at a time. Both take descriptors, of which
// a process has a number. If connections took them all, the service could not open its files: a store would fail
// for good because many clients were there for a moment.
type descriptors struct {
	limit       int // what the process has
	connections int
	files       int // of the service
}

// Files is how many files a service has open at a time, beside those of the process.
type Files struct {
	Least int // without which it cannot work
	Most  int // more is of no use to it
}

const (
	// ownDescriptors are kept for the process itself: standard streams, listeners, the poller, files that are
	// read for a moment, connections that are being refused, and those of operators.
	ownDescriptors = 64
	// operatorConnections is how many connections --http-addr takes.
	operatorConnections = 32
	// leastConnections is the least that clients get, unless --max-connections is less.
	leastConnections = 16
)

// shareOut gives connections and files what they want, or, where that is too much, each no less than half, unless it
// wants less or the other needs more. It fails when there is not even what they need.
func shareOut(limit, connections int, files Files) (descriptors, error) {
	free := limit - ownDescriptors
	if least := files.Least + min(leastConnections, connections); free < least {
		return descriptors{}, fmt.Errorf("the process may have %d files and connections open; it needs at least %d: raise the limit (ulimit -n, LimitNOFILE=, --ulimit nofile=)",
			limit, ownDescriptors+least)
	}
	d := descriptors{limit: limit}
	d.files = min(files.Most, max(free/2, free-connections, files.Least))
	d.connections = min(connections, free-d.files)
	return d, nil
}

// warn says what was wanted and does not fit.
func (d descriptors) warn(log *slog.Logger, connections int, files Files) {
	if d.connections == connections && d.files == files.Most {
		return
	}
	log.Warn("the process may not have as many files and connections open as it would; raise the limit (ulimit -n, LimitNOFILE=, --ulimit nofile=) or lower --max-connections",
		"limit", d.limit, "connections", d.connections, "max-connections", connections, "files", d.files, "files-wanted", files.Most)
}
