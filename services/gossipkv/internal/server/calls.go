package server

import (
	"log/slog"
	"sync/atomic"

	"google.golang.org/grpc/status"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/kvserver"
)

// calls counts the calls that were answered, whatever the answer, and logs them if that is wanted.
type calls struct {
	logger *slog.Logger
	logs   bool // each get, put and delete, with its outcome

	puts, gets, deletes, dumps, unmet atomic.Uint64
}

func (c *calls) put(key, value []byte, version merge.Version, err error) {
	c.puts.Add(1)
	if c.logs {
		c.log("put", key, err, "value", kvserver.Shown(value), "version", version)
	}
}

func (c *calls) delete(key []byte, version merge.Version, err error) {
	c.deletes.Add(1)
	if c.logs {
		c.log("delete", key, err, "version", version)
	}
}

func (c *calls) get(key []byte, outcome merge.Outcome, entry merge.Entry, err error) {
	c.gets.Add(1)
	if err == nil && outcome == merge.DependencyNotMet {
		c.unmet.Add(1)
	}
	if !c.logs {
		return
	}
	switch outcome {
	case merge.Found:
		c.log("get", key, err, "value", kvserver.Shown(entry.Value), "version", entry.Version)
	case merge.NoValue:
		c.log("get", key, err, "outcome", "no value")
	default:
		c.log("get", key, err, "outcome", "dependency not met")
	}
}

// log writes a line for a call: what it has found or done, or why it failed.
func (c *calls) log(call string, key []byte, err error, done ...any) {
	attributes := []any{"call", call, "key", kvserver.Shown(key)}
	if err != nil {
		done = []any{"error", status.Convert(err).Message()}
	}
	c.logger.Info("request", append(attributes, done...)...)
}
