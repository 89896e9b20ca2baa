package server

import (
	"fmt"
	"log/slog"
	"strconv"

	"google.golang.org/grpc/status"

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

var kindNames = map[kv.Kind]string{kv.Put: "put", kv.Append: "append", kv.Delete: "delete"}

func (a *adapter) logWrites(writes []kv.Write, reply *kv.Reply, err error) {
	for i := range writes {
		w := &writes[i]
		attributes := []any{"call", kindNames[w.Kind], "key", shown(w.Key)}
		if w.Kind != kv.Delete {
			attributes = append(attributes, "value", shown(w.Value))
		}
		if err != nil {
			attributes = append(attributes, slog.String("error", status.Convert(err).Message()))
		} else {
			attributes = append(attributes, "existed", reply.Results[i].Existed, "version", reply.Results[i].Version)
		}
		a.Log.Info("request", attributes...)
	}
}
