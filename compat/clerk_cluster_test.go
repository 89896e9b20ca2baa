package compat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkvpb"
)

// TestClerk_kills kills the leader of a shard, again and again, while writers call through a Python Clerk. Every call is
// answered, every write happens once, and what the writers see is linearizable; so it is where servers pass nothing on, and
// a Clerk finds each new leader by redirects.
func TestClerk_kills(t *testing.T) {
	kills := 3
	if torture() {
		kills = 50
	}
	for _, clerk := range kvClients[1:] {
		for _, forward := range []string{"any", "none"} {
			t.Run(clerk+"/"+forward, func(t *testing.T) {
				t.Parallel()
				seed := newSeed(t)
				rng := rand.New(rand.NewPCG(seed, 100))
				c := newKVCluster(t, 3, "--forward="+forward)
				ask := startPyClerk(t, python(t, "newest"), clerk, c.addresses...).ask
				load := startLoadOf(t, seed, slices.Repeat([]caller{ask}, loadClients))
				for range kills {
					load.await(t, 200)
					leader := c.nodes[c.leading(t, uint32(rng.IntN(3)))]
					leader.kill(t)
					load.await(t, 200)
					leader.start(t)
				}
				if err := load.end(t); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestClerk_routes: a Clerk that was told of one server asks each for the shards that it leads, and gets Scans in one piece.
func TestClerk_routes(t *testing.T) {
	for _, clerk := range kvClients[1:] {
		t.Run(clerk, func(t *testing.T) {
			c := newKVCluster(t, 3)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for ctx.Err() == nil {
				leaders, sets := c.settled(ctx, t), c.sets(t)
				performer := startPerformer(t, python(t, "newest"), c.nodes[0].port(), clerk)
				for shard := range 3 {
					performer.put(t, shard)
				}
				var scanned raftkvpb.ScanResponse
				performInto(t, performer, "Scan", "keys_only: true", &scanned)
				if keys := len(scanned.GetPairs()); keys != 6 {
					t.Errorf("a Scan of all shards has %d keys; want 6", keys)
				}
				after, want := c.sets(t), sets
				if leaders != c.settled(ctx, t) {
					continue // a shard was led by two, and nothing is known of who was asked
				}
				for _, leader := range leaders {
					want[leader.node-1] += 2
				}
				if after != want {
					t.Errorf("shards led by %v: the nodes have got %v puts after %v; want %v", leaders, after, sets, want)
				}
				return
			}
			t.Error("the shards had no leaders that stayed where they were")
		})
	}
}

// leadership is who leads a shard, and for which term.
type leadership struct{ node, term uint64 }

// settled returns who leads each of three shards, as soon as all nodes agree.
func (c *kvCluster) settled(ctx context.Context, t *testing.T) (leaders [3]leadership) {
	t.Helper()
	for ctx.Err() == nil {
		agreed := true
		for i, node := range c.nodes {
			stat, err := dialRaftkv(t, node.port()).Stat(ctx, &raftkvpb.StatRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range stat.GetShards() {
				said := leadership{s.GetLeader(), s.GetTerm()}
				if i == 0 {
					leaders[s.GetShard()] = said
				}
				agreed = agreed && said.node != 0 && said == leaders[s.GetShard()]
			}
		}
		if agreed {
			return leaders
		}
	}
	t.Fatalf("the nodes do not agree who leads: %v", leaders)
	return leaders
}

// sets returns how many puts each of three nodes has got from clients.
func (c *kvCluster) sets(t *testing.T) (sets [3]uint64) {
	t.Helper()
	for i, node := range c.nodes {
		stat, err := dialRaftkv(t, node.port()).Stat(t.Context(), &raftkvpb.StatRequest{})
		if err != nil {
			t.Fatal(err)
		}
		sets[i] = stat.GetSets()
	}
	return sets
}

// pyClerk is a Python process that makes calls through one Clerk, as many at a time as it is asked for.
type pyClerk struct {
	mu      sync.Mutex
	input   *json.Encoder
	waiting map[int]chan<- kvAnswer // by tag
	last    int                     // tag
}

// startPyClerk starts a process with one of the Python Clerks. It ends with the test.
func startPyClerk(t *testing.T, python pyenv.Python, clerk string, addresses ...string) *pyClerk {
	t.Helper()
	command := python.Command(t.Context(), root()+"/compat/clerk_calls.py", strings.Join(addresses, ","), clerk)
	command.Stderr = t.Output()
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &pyClerk{input: json.NewEncoder(input), waiting: make(map[int]chan<- kvAnswer)}
	var reading sync.WaitGroup
	reading.Go(func() { p.read(output) })
	t.Cleanup(func() {
		input.Close()
		reading.Wait()
		command.Wait()
	})
	return p
}

// read hands out answers until the process ends.
func (p *pyClerk) read(output io.Reader) {
	answers := json.NewDecoder(output)
	for {
		var answer struct {
			Tag int
			kvAnswer
		}
		err := answers.Decode(&answer)
		p.mu.Lock()
		if err != nil {
			for _, to := range p.waiting {
				to <- kvAnswer{Code: "UNKNOWN", Message: fmt.Sprintf("the client has ended: %v", err)}
			}
			p.waiting = nil
			p.mu.Unlock()
			return
		}
		p.waiting[answer.Tag] <- answer.kvAnswer
		delete(p.waiting, answer.Tag)
		p.mu.Unlock()
	}
}

// ask is a caller.
func (p *pyClerk) ask(_ context.Context, operation *raftkvpb.Operation) (*raftkvpb.Answer, error) {
	call, request, answer, reply := described(operation)
	answered := make(chan kvAnswer, 1)
	p.mu.Lock()
	if p.waiting == nil {
		p.mu.Unlock()
		return nil, fmt.Errorf("the client has ended")
	}
	p.last++
	p.waiting[p.last] = answered
	err := p.input.Encode(map[string]any{
		"tag": p.last, "call": call, "request": prototext.Format(request), "timeout": patience.Seconds(),
	})
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	got := <-answered
	if got.Code != "" {
		return nil, fmt.Errorf("%s: %s", got.Code, got.Message)
	}
	return answer, prototext.Unmarshal([]byte(got.Replies[0]), reply)
}

// described returns the call that does an operation, and an answer for its reply.
func described(operation *raftkvpb.Operation) (call string, request proto.Message, answer *raftkvpb.Answer, reply proto.Message) {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Append:
		of := &raftkvpb.Answer_Append{Append: new(raftkvpb.AppendResponse)}
		return "Append", o.Append, &raftkvpb.Answer{Answer: of}, of.Append
	case *raftkvpb.Operation_Put:
		of := &raftkvpb.Answer_Put{Put: new(raftkvpb.PutResponse)}
		return "Put", o.Put, &raftkvpb.Answer{Answer: of}, of.Put
	case *raftkvpb.Operation_Delete:
		of := &raftkvpb.Answer_Delete{Delete: new(raftkvpb.DeleteResponse)}
		return "Delete", o.Delete, &raftkvpb.Answer{Answer: of}, of.Delete
	default:
		of := &raftkvpb.Answer_Get{Get: new(raftkvpb.GetResponse)}
		return "Get", operation.GetGet(), &raftkvpb.Answer{Answer: of}, of.Get
	}
}
