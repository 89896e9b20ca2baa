package lab

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv"
)

// raftkvStore is a raftkv through one Clerk, which sends together what is called together.
type raftkvStore struct{ clerk *raftkv.Clerk }

func dialRaftkv(addresses []string, _ int) (Store, error) {
	clerk, err := raftkv.Dial(addresses, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return raftkvStore{clerk}, nil
}

func (s raftkvStore) Put(ctx context.Context, key string, value []byte) error {
	_, err := s.clerk.Put(ctx, []byte(key), value)
	return err
}

func (s raftkvStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	found, err := s.clerk.Get(ctx, []byte(key))
	return found.Value, found.Found, err
}

func (s raftkvStore) Close() { s.clerk.Close() }
