package page

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/address"
	"numstore.example/contracts/token"

	"numstore.example/services/internal/statuspage"
)

// Dialer returns how a node connects to others as one of their clients: with these credentials, nil for those without TLS,
// and with a token, unless it is empty.
func Dialer(transport credentials.TransportCredentials, secret string) func(address string) (*grpc.ClientConn, error) {
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithNoProxy(), // nodes are neighbours
		grpc.WithDisableServiceConfig(),
		// A node that is back is to be seen in the next view or the one after.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 2, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: statuspage.Deadline,
		}),
	}
	if secret != "" {
		options = append(options, grpc.WithPerRPCCredentials(token.Bearer(secret)))
	}
	return func(to string) (*grpc.ClientConn, error) {
		parsed, err := address.Parse(to)
		if err != nil {
			return nil, err
		}
		return grpc.NewClient(parsed.Target(), options...)
	}
}
