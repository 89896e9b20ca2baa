// Package reason says in words for people why a call over gRPC has failed.
package reason

import (
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/status"
)

// connection is what gRPC says of a connection that did not come about: what went wrong is in it, quoted.
var connection = regexp.MustCompile(`connection error: desc = ("(?:[^"\\]|\\.)*")`)

// Of returns what an error says, without the name of its code, and without what gRPC writes around the words of the network and of TLS:
// "dial tcp 127.0.0.1:1: connect: connection refused". The error is not nil.
func Of(err error) string {
	return connection.ReplaceAllStringFunc(status.Convert(err).Message(), func(all string) string {
		text, err := strconv.Unquote(connection.FindStringSubmatch(all)[1])
		if err != nil {
			return all
		}
		return strings.TrimPrefix(strings.TrimPrefix(text, "transport: "), "Error while dialing: ")
	})
}
