package wire

import (
	"log/slog"
	"sync/atomic"

	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// Calls counts the calls that were answered, whatever the answer, and logs them if that is wanted.
type Calls struct {
	Logger *slog.Logger
	Logs   bool // each get, put, append and delete, with its outcome

	// Redirect is the Redirection of calls for a key.
	Redirect func(key []byte, leader shard.NodeID) *raftkvpb.Redirect

	Gets, Scans atomic.Uint64
	Writes      [len(kinds)]atomic.Uint64 // by kind

	GetsTook, WritesTook Latencies
}

// Got counts and logs a get, and makes its response.
func (c *Calls) Got(key []byte, record kv.Record, found bool, err error) (*raftkvpb.GetResponse, error) {
	c.Gets.Add(1)
	if c.Logs {
		c.logGet(key, record.Value, found, err)
	}
	if err != nil {
		return nil, ReadStatus(err, c.redirection(key))
	}
	return &raftkvpb.GetResponse{Found: found, Value: record.Value, Version: record.Version}, nil
}

// Settle decodes the reply to a command's writes, counts and logs them, and returns the status if they were
// not done.
func (c *Calls) Settle(writes []kv.Write, encoded []byte, err error) (reply kv.Reply, _ error) {
	if err == nil {
		reply, err = kv.DecodeReply(encoded)
	}
	switch {
	case err != nil:
		err = WriteStatus(err, c.redirection(writes[0].Key))
	case reply.Outcome != kv.Done:
		err = refusal(writes, &reply)
	case len(reply.Results) != len(writes):
		err = errOtherRequest
	}
	for i := range writes {
		c.Writes[writes[i].Kind].Add(1)
	}
	if c.Logs {
		c.logWrites(writes, &reply, err)
	}
	return reply, err
}

func (c *Calls) redirection(key []byte) Redirection {
	return func(leader shard.NodeID) *raftkvpb.Redirect { return c.Redirect(key, leader) }
}

func (c *Calls) logGet(key, value []byte, found bool, err error) {
	attributes := []any{"call", "get", "key", kvserver.Shown(key)}
	switch {
	case err != nil:
		attributes = append(attributes, "error", err)
	case found:
		attributes = append(attributes, "value", kvserver.Shown(value))
	default:
		attributes = append(attributes, "found", false)
	}
	c.Logger.Info("request", attributes...)
}

func (c *Calls) logWrites(writes []kv.Write, reply *kv.Reply, err error) {
	for i := range writes {
		w := &writes[i]
		attributes := []any{"call", kinds[w.Kind].name, "key", kvserver.Shown(w.Key)}
		if w.Kind != kv.Delete {
			attributes = append(attributes, "value", kvserver.Shown(w.Value))
		}
		if err != nil {
			attributes = append(attributes, slog.String("error", status.Convert(err).Message()))
		} else {
			attributes = append(attributes, "existed", reply.Results[i].Existed)
			if w.Kind != kv.Delete {
				attributes = append(attributes, "version", reply.Results[i].Version)
			}
		}
		c.Logger.Info("request", attributes...)
	}
}

// Refused logs an operation of a pipeline that was refused for what it is. The log of calls has those that are
// calls of their own.
func (c *Calls) Refused(operation *raftkvpb.Operation, err error) {
	if !c.Logs {
		return
	}
	call, key := "", operation.GetGet().GetKey()
	if operation.GetGet() != nil {
		call = "get"
	} else if request := request(operation); request != nil {
		w, _ := Limits{}.Check(request)
		call, key = kinds[w.Kind].name, w.Key
	}
	c.Logger.Info("request", "call", call, "key", kvserver.Shown(key), "error", status.Convert(err).Message())
}
