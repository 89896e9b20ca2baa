// Package pipeline serves the contract's Pipeline: many operations on one stream.
//
// Some goroutines work on a stream. The reader takes messages apart by the groups of their keys, each of which has a lane:
// all writes of a message for one group become one proposal, its gets go to the lane's getter. The getter has the group
// do all gets that have gathered, which so share a barrier. The sender, which is the handler itself, makes messages of
// whatever answers have gathered. So what comes in together shares a proposal or a barrier, what is done together leaves
// together, and no group's answers wait for another's.
package pipeline

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server/wire"
)

const (
	// MaxOperations is how many operations of a stream may be in flight before no more are read, and how many a
	// message may have.
	MaxOperations = 4096
	// maxHeld is the same in bytes: of writes whose answers were not sent, with these answers. Without it a
	// client that takes no answers could have the server keep 4096 of the largest values.
	maxHeld = 32 << 20
	// answerBytes is about how many bytes of values go into one message of answers, and how many may lie
	// ready before no further get is done; a single larger value does too.
	answerBytes = 512 << 10
	// maxAnswers is how many answers go into one message.
	maxAnswers = 1024
)

// Serve serves a stream, until it ends, and returns its status.
func Serve(config *Config, stream grpc.BidiStreamingServer[raftkvpb.PipelineRequest, raftkvpb.PipelineResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	p := &pipeline{Config: config, stream: stream, ctx: ctx, over: make(chan struct{}), alone: config.Shards() == 1}
	p.changed.L = &p.mu
	go p.recovering(p.read) // until the stream ends, which is when this returns
	go p.watch()

	err := p.send()
	p.abort(err)
	cancel() // a getter may wait for a group that is stuck
	close(p.over)
	p.getters.Wait() // nobody reads the store after the last call
	return err
}

// recovering runs one of the goroutines beside the handler. A panic there ends the stream, as one in the handler does.
func (p *pipeline) recovering(run func()) {
	defer func() {
		if v := recover(); v != nil {
			p.Logger.Error("panic", "method", raftkvpb.RaftKV_Pipeline_FullMethodName, "panic", v, "stack", string(debug.Stack()))
			p.abort(status.Error(codes.Internal, "the server failed at this stream; its log says why"))
		}
	}()
	run()
}

// Config is what all streams need.
type Config struct {
	// Group returns that of a key's shard, for each shard one value, which can be compared; or why the operation is refused.
	// Shards is how many there are, which never changes; 0 as long as that is not known.
	Group    func(key []byte) (node.Group, error)
	Shards   func() int
	Limits   wire.Limits
	Admit    func(...kv.Write) error // refuses writes for which there is no room
	Calls    *wire.Calls
	Stopping <-chan struct{} // closed when streams should come to an end
	Logger   *slog.Logger
}

// pipeline is one stream. Whoever changes one of the fields under the lock wakes all who wait for changed: there are a few
// goroutines, and what each waits for depends on several fields.
//
// An operation counts in inFlight from when it was read until its answer was sent; in its lane, until the group has
// answered. The first bounds the answers that lie here, the second what waits for a group.
type pipeline struct {
	*Config
	stream  grpc.BidiStreamingServer[raftkvpb.PipelineRequest, raftkvpb.PipelineResponse]
	ctx     context.Context // ends with the stream, or when it is given up
	over    chan struct{}   // closed when the stream has ended
	alone   bool            // there is one shard
	getters sync.WaitGroup

	mu       sync.Mutex
	lanes    []*lane
	waits    int        // operations that no group has answered yet
	awaits   int        // bytes of the writes among them
	changed  sync.Cond  // of any of the following
	inFlight int        // operations that were read, and whose answers were not sent
	held     int        // bytes of the writes among them, and of their replies
	ready    []answered // to be sent
	bytes    int        // of the values in ready
	ended    bool       // no more operations are taken
	aborted  bool       // nobody waits for answers any more
	status   error      // of the stream, once ended and all is answered; nil for OK
}

// answered is an operation, or all writes of a message, with its outcome.
type answered struct {
	answer *raftkvpb.Answer // or else:
	writes *pipelined
}

// pipelined is the writes of one message and what became of them.
type pipelined struct {
	lane    *lane
	tags    []uint64
	writes  []kv.Write
	replies [][]byte
	err     error
	claimed int // bytes of the writes that wait in the lane
	size    int // bytes of writes and replies
	began   time.Time
}

// watch ends the stream when the server stops, and gives it up when the client has gone. What is in flight when the server
// stops is waited for; if a group is stuck, until the server ends its calls.
func (p *pipeline) watch() {
	gone := p.stream.Context().Done()
	select {
	case <-p.Stopping:
		p.end(status.Error(codes.Unavailable, "the server is stopping"))
	case <-gone:
	case <-p.over:
		return
	}
	select {
	case <-gone:
		p.abort(status.FromContextError(p.stream.Context().Err()).Err())
	case <-p.over:
	}
}

// end takes no more operations; the stream ends with a status when those in flight are answered.
func (p *pipeline) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended, p.status = true, err
	}
	p.changed.Broadcast()
}

// abort gives up what is in flight.
func (p *pipeline) abort(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.aborted {
		p.aborted, p.ended, p.status = true, true, err
	}
	p.changed.Broadcast()
}

// finish has outcomes sent.
func (p *pipeline) finish(outcomes ...answered) {
	if len(outcomes) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready = append(p.ready, outcomes...)
	p.changed.Broadcast()
}
