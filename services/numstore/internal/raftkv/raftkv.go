// Package raftkv keeps the rows of numstore in a cluster of raftkv, under a prefix, so that others can use the cluster as well.
//
// The prefix is the tag of all keys, as in {numstore/}total: one shard has them all, and a batch can swap them at one moment,
// with the versions that it expects. The Clerk sends a batch again with the request id that it had, so that a swap happens once
// however often it is sent, and has the answer that it had the first time.
package raftkv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/token"
	"numstore.example/services/numstore/internal/remote"
)

const (
	// maxRows and maxNames bound a batch of raftkv, far below what it takes: one that is larger keeps others waiting.
	maxRows  = 1000
	maxNames = 512 << 10
)

// Engine is a remote.Engine in a cluster of raftkv.
type Engine struct {
	servers []string
	tag     string // with its braces
	clerk   *raftkv.Clerk

	maxKey atomic.Int64 // of the server; 0 before the first answer
}

// Config says where the cluster is, and who asks.
type Config struct {
	Servers []string // host:port, or unix:/path; one is enough
	Prefix  string   // of all rows; see CheckPrefix
	TLS     *tls.Config
	Token   string // empty for none
}

// New returns an Engine. It does not wait for a connection.
func New(config Config) (*Engine, error) {
	transport := insecure.NewCredentials()
	if config.TLS != nil {
		transport = credentials.NewTLS(config.TLS)
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(transport)}
	if config.Token != "" {
		options = append(options, grpc.WithPerRPCCredentials(token.Bearer(config.Token)))
	}
	clerk, err := raftkv.Dial(config.Servers, options...)
	if err != nil {
		return nil, err
	}
	return &Engine{servers: config.Servers, tag: "{" + config.Prefix + "}", clerk: clerk}, nil
}

// Close frees the connections. Calls in flight fail, and later ones as well.
func (e *Engine) Close() error { return e.clerk.Close() }

// String implements remote.Engine.
func (e *Engine) String() string { return "raftkv at " + strings.Join(e.servers, ",") }

// Limits implements remote.Engine. Before the first answer of a server, no name is short enough.
func (e *Engine) Limits() remote.Limits {
	return remote.Limits{Rows: maxRows, Bytes: maxNames, Name: max(int(e.maxKey.Load())-len(e.tag), 0)}
}

// learn asks for the limit of keys, the first time.
func (e *Engine) learn(ctx context.Context) error {
	if e.maxKey.Load() > 0 {
		return nil
	}
	stat, err := e.clerk.Stat(ctx)
	if err == nil {
		e.maxKey.Store(int64(stat.GetLimits().GetKey()))
	}
	return err
}

// Read implements remote.Engine.
func (e *Engine) Read(ctx context.Context, names []string) ([]remote.Row, error) {
	if err := e.learn(ctx); err != nil {
		return nil, err
	}
	rows := make([]remote.Row, len(names))
	reads, together := errgroup.WithContext(ctx)
	for i, name := range names {
		reads.Go(func() error { return e.get(together, name, &rows[i]) })
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	return rows, nil
}

func (e *Engine) get(ctx context.Context, name string, row *remote.Row) error {
	value, err := e.clerk.Get(ctx, e.key(name))
	*row = remote.Row{Name: name, Value: string(value.Value), Version: value.Version}
	return err
}

func (e *Engine) key(name string) []byte { return []byte(e.tag + name) }

// Swap implements remote.Engine.
func (e *Engine) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	writes := make([]*raftkvpb.Write, len(rows))
	for i, row := range rows {
		writes[i] = &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{
			Key: e.key(row.Name), Value: []byte(row.Value), ExpectedVersion: &row.Version,
		}}}
	}
	results, err := e.clerk.Batch(ctx, writes...)
	if status.Code(err) == codes.FailedPrecondition {
		return nil, fmt.Errorf("%w: another server was faster", remote.ErrUnchanged)
	}
	if err != nil {
		return nil, err
	}
	now := slices.Clone(rows)
	for i, result := range results {
		now[i].Version = result.GetPut().GetVersion()
	}
	return now, nil
}

// All implements remote.Engine. The rows are of one moment, unless the connection breaks: those that come afterwards are of
// a later one.
func (e *Engine) All(ctx context.Context) iter.Seq2[remote.Row, error] {
	return func(yield func(remote.Row, error) bool) {
		for pair, err := range e.clerk.Scan(ctx, raftkv.Range{Prefix: []byte(e.tag)}) {
			name := strings.TrimPrefix(string(pair.GetKey()), e.tag)
			if !yield(remote.Row{Name: name, Value: string(pair.GetValue()), Version: pair.GetVersion()}, err) {
				return
			}
		}
	}
}

// CheckPrefix says whether a prefix can be a tag.
func CheckPrefix(prefix string) error {
	if strings.Contains(prefix, "}") {
		return errors.New("it has a closing brace, which ends the tag that keeps the keys of raftkv together; leave that out")
	}
	return nil
}
