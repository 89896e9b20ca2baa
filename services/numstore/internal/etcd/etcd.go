// Package etcd keeps the rows of numstore in an etcd cluster, under a prefix, so that others can use the cluster as well.
//
// A read is a transaction that only gets, which etcd answers linearizably. A swap is a transaction that compares the
// revisions of the last changes with those that were read, and puts; or gets, if they are others. etcd's client would send a call again
// when its answer is that time is up or that it was cancelled, of transactions too (the retries of its interceptor do
// not look at what the call is): a swap that had happened would then find other revisions than it expects, and seem not to
// have happened. So it is told to make one attempt.
package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/reason"
	"numstore.example/services/numstore/internal/remote"
)

// Config says where the cluster is, and who asks.
type Config struct {
	Endpoints []string // host:port of members; one is enough
	Prefix    string   // of the keys of all rows
	TLS       *tls.Config
	User      string // empty for none
	Password  string
}

// etcd's own limits, unless it was started with others: 128 operations in a transaction, and 1.5 MiB for a request. A name
// is in a request three times, to be compared, to be put and to be got, with some tens of bytes around it.
const (
	maxOperations = 128
	maxNames      = 384 << 10
	maxName       = 256 << 10
)

const (
	// dialTimeout is how long it may take to log in.
	dialTimeout = time.Second
	// keepaliveTime and keepaliveTimeout are when a silent connection is pinged, and how long that may take. gRPC allows no
	// shorter time.
	keepaliveTime, keepaliveTimeout = 10 * time.Second, 3 * time.Second
	// page is how many rows All asks for at a time.
	page = 1000
)

// Engine is a remote.Engine in an etcd cluster.
type Engine struct {
	config Config

	mu     sync.Mutex
	client *clientv3.Client // nil until the first call could log in
	closed bool
}

// New returns an Engine. It does not connect yet: that is done by the first call, and again by each as long as it fails.
func New(config Config) *Engine { return &Engine{config: config} }

// Close frees the connections. Calls in flight fail, and later ones as well.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.client == nil {
		return nil
	}
	return e.client.Close()
}

// String implements remote.Engine.
func (e *Engine) String() string { return "etcd at " + strings.Join(e.config.Endpoints, ",") }

// Limits implements remote.Engine.
func (e *Engine) Limits() remote.Limits {
	return remote.Limits{Rows: maxOperations, Bytes: maxNames, Name: maxName - len(e.config.Prefix)}
}

// connected returns the client. The first time it logs in, if there is a user.
func (e *Engine) connected() (*clientv3.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil || e.closed {
		if e.closed {
			return nil, errors.New("it was closed")
		}
		return e.client, nil
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: e.config.Endpoints, TLS: e.config.TLS, Username: e.config.User, Password: e.config.Password,
		DialTimeout: dialTimeout, DialKeepAliveTime: keepaliveTime, DialKeepAliveTimeout: keepaliveTimeout,
		MaxUnaryRetries: 1,
		Logger:          zap.NewNop(), // what goes wrong is in the errors
		DialOptions:     []grpc.DialOption{grpc.WithChainUnaryInterceptor(failFast)},
	})
	if err != nil {
		return nil, plain(err)
	}
	e.client = client
	return client, nil
}

// plain returns what an error says, without the name of its code.
func plain(err error) error {
	if _, ok := status.FromError(err); ok {
		return errors.New(reason.Of(err))
	}
	return err
}

// failFast lets a call fail when there is no connection. etcd's client would have it wait for one, and then say that time is
// up, and not that nobody listens, or that the certificate is none of those that are trusted.
func failFast(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return invoke(ctx, method, request, reply, conn, append(options, grpc.WaitForReady(false))...)
}

// Read implements remote.Engine.
func (e *Engine) Read(ctx context.Context, names []string) ([]remote.Row, error) {
	client, err := e.connected()
	if err != nil {
		return nil, err
	}
	rows, gets := make([]remote.Row, len(names)), make([]clientv3.Op, len(names))
	for i, name := range names {
		rows[i].Name, gets[i] = name, clientv3.OpGet(e.config.Prefix+name)
	}
	reply, err := client.Txn(ctx).Then(gets...).Commit()
	if err != nil {
		return nil, plain(err)
	}
	return found(rows, reply), nil
}

// found returns rows with these names as a transaction has got them.
func found(rows []remote.Row, reply *clientv3.TxnResponse) []remote.Row {
	now := make([]remote.Row, len(rows))
	for i, row := range rows {
		now[i].Name = row.Name
		for _, pair := range reply.Responses[i].GetResponseRange().Kvs {
			now[i].Value, now[i].Version = string(pair.Value), uint64(pair.ModRevision)
		}
	}
	return now
}

// Swap implements remote.Engine.
func (e *Engine) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	client, err := e.connected()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", remote.ErrUnchanged, err)
	}
	compares, puts, gets := make([]clientv3.Cmp, len(rows)), make([]clientv3.Op, len(rows)), make([]clientv3.Op, len(rows))
	for i, row := range rows {
		key := e.config.Prefix + row.Name
		compares[i] = clientv3.Compare(clientv3.ModRevision(key), "=", int64(row.Version)) // 0 if it does not exist
		puts[i], gets[i] = clientv3.OpPut(key, row.Value), clientv3.OpGet(key)
	}
	reply, err := client.Txn(ctx).If(compares...).Then(puts...).Else(gets...).Commit()
	switch {
	case errors.Is(err, rpctypes.ErrInvalidAuthToken): // it has run out; the client has got another one
		return nil, fmt.Errorf("%w: %w", remote.ErrUnchanged, err)
	case err != nil:
		return nil, plain(err)
	case !reply.Succeeded:
		return found(rows, reply), fmt.Errorf("%w: another server was faster", remote.ErrUnchanged)
	}
	now := slices.Clone(rows)
	for i := range now {
		now[i].Version = uint64(reply.Header.Revision)
	}
	return now, nil
}

// All implements remote.Engine. All rows are of the moment of the first page.
func (e *Engine) All(ctx context.Context) iter.Seq2[remote.Row, error] {
	return func(yield func(remote.Row, error) bool) {
		client, err := e.connected()
		if err != nil {
			yield(remote.Row{}, err)
			return
		}
		end := clientv3.GetPrefixRangeEnd(e.config.Prefix)
		for from, revision := e.config.Prefix, int64(0); ; {
			reply, err := client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(page), clientv3.WithRev(revision))
			if err != nil {
				yield(remote.Row{}, plain(err))
				return
			}
			for _, pair := range reply.Kvs {
				name := strings.TrimPrefix(string(pair.Key), e.config.Prefix)
				if !yield(remote.Row{Name: name, Value: string(pair.Value), Version: uint64(pair.ModRevision)}, nil) {
					return
				}
				from = string(pair.Key) + "\x00"
			}
			if !reply.More {
				return
			}
			if revision == 0 {
				revision = reply.Header.Revision
			}
		}
	}
}
