// Package service says of each service that loadgen can drive how it is called, and how a history of its calls is
// judged. A further service is a file of its own here, one in package model, and a line in [All]: flags, help and
// reports follow.
package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/ring"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/workload"
)

// All is the services by their names.
var All = map[string]Service{
	"gossipkv": gossipKV,
	"numstore": numstore,
	"raftkv":   raftKV,
}

// Names returns the names of all services, sorted.
func Names() []string { return slices.Sorted(maps.Keys(All)) }

// Service is how to drive one service.
type Service struct {
	Contract protoreflect.FileDescriptor
	Calls    drive.Calls

	// Mix is how often each call is made unless somebody asks for another mix. It names every call that can
	// be asked for, also those with a share of 0.
	Mix workload.Mix

	// Fills is the call of the mix that makes a key be there.
	Fills string

	// Checkable is how many calls in flight a history may have so that a checker is done with it soon; 0 if
	// it does not depend on that.
	Checkable int

	// Judge says whether a history keeps what the service promises.
	Judge model.Judge

	// Parameters returns those settings of a run, by name, that mean something to this service alone.
	Parameters func(Target) map[string]string

	// Ready returns nil if the server has this service and, when its calls are to be recorded, has no keys yet. What
	// cannot be found out is left to the calls.
	Ready func(context.Context, Target) error

	// Open returns the function that makes the Send of each worker, and a function that gives back what it
	// has opened.
	Open func(Target) (send func(worker int) drive.Send, close func(), err error)

	// End returns the operations that end a history, of a client that is none of the workers, until ctx is done. Now is the
	// time of the history. What it returns is good also with an error, which says what is wrong with the servers. It is nil if a history needs no end.
	End func(ctx context.Context, target Target, now func() int64) ([]history.Operation, error)

	// ReadBack returns what servers have now of some keys, in a form that model.Survived compares with a history, as soon as
	// they answer. It needs the addresses and the options of a target, and no connections.
	ReadBack func(ctx context.Context, target Target, keys []string) ([]history.Operation, error)

	Several bool // whether the target may be several servers
	Bundles bool // whether calls go in bundles unless the target is Unary
	Spreads bool // whether the target may be a Ring
}

// Server is where calls go.
type Server struct {
	Addr  string             // as dial.Target returns it
	Conns []*grpc.ClientConn // ready for calls; workers share them in turn
}

// conn returns the connection that a worker uses.
func (s Server) conn(worker int) *grpc.ClientConn { return s.Conns[worker%len(s.Conns)] }

// Target is servers and what they are to be asked.
type Target struct {
	Servers []Server          // one, or more if the service takes Several, or they are a Ring
	Dialing []grpc.DialOption // for a client that opens connections of its own

	Workload workload.Config // checked
	Recorded bool            // the calls will be checked: values must differ, and be short
	Unary    bool            // calls are made one by one, also where a client could bundle them
	Any      bool            // any server that has a key may answer its reads, not only the one that leads; not with Unary
	Ring     *ring.Ring      // of the servers, if they know nothing of each other and each has some of the keys; nil otherwise
	Move     int             // in how many of a hundred calls a worker first moves to another server
}

// String returns the addresses of its servers.
func (t Target) String() string {
	var all []string
	for _, server := range t.Servers {
		all = append(all, server.Addr)
	}
	return strings.Join(all, ",")
}

// another is the error of a server that does not have the service.
func another(server Server, name string) error {
	return fmt.Errorf("the server at %s does not serve %s; see loadgen run --service", server.Addr, name)
}
