package server

import (
	"fmt"
	"log/slog"
	"strconv"

	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
)

// maxShown is how many bytes of a key or value a line of the log shows.
const maxShown = 64

// shown is a key or value as the log shows it: bytes that cannot be printed are escaped, as in Go. The log puts
// quotes around it where it needs them.
func shown(b []byte) string {
	quoted := strconv.Quote(string(b[:min(len(b), maxShown)]))
	text := quoted[1 : len(quoted)-1]
	if len(b) > maxShown {
		text += fmt.Sprintf("… (%d bytes)", len(b))
	}
	return text
}

func (a *adapter) logGet(key, value []byte, found bool, err error) {
	attributes := []any{"call", "get", "key", shown(key)}
	switch {
	case err != nil:
		attributes = append(attributes, "error", err)
	case found:
		attributes = append(attributes, "value", shown(value))
	default:
		attributes = append(attributes, "found", false)
	}
	a.Log.Info("request", attributes...)
}

func (a *adapter) logWrites(writes []kv.Write, reply *kv.Reply, err error) {
	for i := range writes {
		w := &writes[i]
		attributes := []any{"call", kinds[w.Kind].name, "key", shown(w.Key)}
		if w.Kind != kv.Delete {
			attributes = append(attributes, "value", shown(w.Value))
		}
		if err != nil {
			attributes = append(attributes, slog.String("error", status.Convert(err).Message()))
		} else {
			attributes = append(attributes, "existed", reply.Results[i].Existed)
			if w.Kind != kv.Delete {
				attributes = append(attributes, "version", reply.Results[i].Version)
			}
		}
		a.Log.Info("request", attributes...)
	}
}

// logRefused logs an operation of a pipeline that was refused for what it is. The log of calls has those that are
// calls of their own.
func (a *adapter) logRefused(operation *raftkvpb.Operation, err error) {
	if !a.LogRequests {
		return
	}
	call, key := "", operation.GetGet().GetKey()
	if operation.GetGet() != nil {
		call = "get"
	} else if request := request(operation); request != nil {
		w, _ := a.limits().check(request)
		call, key = kinds[w.Kind].name, w.Key
	}
	a.Log.Info("request", "call", call, "key", shown(key), "error", status.Convert(err).Message())
}
