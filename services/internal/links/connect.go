// Package links is what the servers of a service need to speak to each other over gRPC, whatever they say: how one connects and tries
// again (connect.go), what waits to be sent, within bounds, and what overtakes what (outbox.go), how a long message travels in pieces, so that
// short ones need not wait for it (cut.go), and what is logged of another server once in a while (notices.go).
//
// Who may speak as a server at all, rpcserver.PeerFlags says. What servers say to each other is each service's own: its package peer.
package links

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

const (
	// ConnectTimeout is how long a connection, and after that a stream, may take until it stands. A server that does not answer
	// should not have those wait long who could ask another.
	ConnectTimeout = 2 * time.Second
	// LeastPause and MostPause are how long one waits before the next try, twice as long each time.
	LeastPause, MostPause = 50 * time.Millisecond, time.Second
	// pingInterval is a little more than the least that servers allow, or they would close connections on which pings come
	// early. pingTimeout is after which time a connection is closed on which what was sent is not acknowledged: the kernel
	// sees to that, also between pings.
	pingInterval, pingTimeout = 15 * time.Second, 3 * time.Second
	// streamWindow and connWindow are how many bytes the other server may send ahead, as in rpcserver. gRPC does not send pings then
	// to find out, one for each message that comes alone.
	streamWindow, connWindow = 1 << 20, 4 << 20

	tokenHeader = "authorization"
	tokenPrefix = "Bearer "
)

// Dialer connects to an address.
type Dialer = func(ctx context.Context, address string) (net.Conn, error)

// Connect makes a connection to the server at an address, HOST:PORT. It stands when there is a call. Without credentials it is one without
// TLS; without a dialer, which is for tests, one over TCP.
func Connect(address string, transport credentials.TransportCredentials, dial Dialer) (*grpc.ClientConn, error) {
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithStaticStreamWindowSize(streamWindow),
		grpc.WithStaticConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)), // this side knows whom it asks
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingInterval, Timeout: pingTimeout, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: LeastPause, Multiplier: 2, Jitter: 0.2, MaxDelay: MostPause},
			MinConnectTimeout: ConnectTimeout,
		}),
	}
	if dial != nil {
		options = append(options, grpc.WithContextDialer(dial))
	}
	return grpc.NewClient("passthrough:///"+address, options...)
}

// WithToken returns a context for calls with a token, unless that is empty.
func WithToken(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, tokenHeader, tokenPrefix+token)
}

// Pauses are what one waits between tries: longer each time, and not all servers the same.
type Pauses struct {
	last  time.Duration
	tries int
}

// Next returns the next one.
func (p *Pauses) Next() time.Duration {
	p.last = min(max(2*p.last, LeastPause), MostPause)
	p.tries++
	return p.last/2 + rand.N(p.last/2)
}

// Await waits for the next one, and returns false when the context has ended.
func (p *Pauses) Await(ctx context.Context) bool { return Sleep(ctx, p.Next()) }

// Tries says how many there were since Reset.
func (p *Pauses) Tries() int { return p.tries }

// Reset begins anew, after a try that was none in vain.
func (p *Pauses) Reset() { *p = Pauses{} }

var errConnecting = fmt.Errorf("it has not answered within %v", ConnectTimeout)

// Limit cancels a context after some time, unless the function that it returns is called before.
func Limit(d time.Duration, cancel context.CancelCauseFunc) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(errConnecting)
		case <-stopped:
		}
	}()
	return func() { close(stopped) }
}

// Sleep waits, and returns false when the context has ended.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Caller names the caller of a call in the log.
func Caller(ctx context.Context) string {
	if caller, ok := peer.FromContext(ctx); ok && caller.Addr != nil {
		return caller.Addr.String()
	}
	return "unknown"
}

// OrGone returns how a stream has ended: as cancelled, whatever failed here, if the other server is gone. That is no failure
// of this one.
func OrGone(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}
