package raftkv

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv/inprocess"
)

// one is the address of most servers in these tests. It is an address for gRPC not to look up a name.
const one, two, three = "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"

// serve starts a server, alone with one shard, and returns a Clerk for it.
func serve(t testing.TB, s *inprocess.Server) *Clerk {
	t.Helper()
	cluster := inprocess.NewCluster(1)
	start(t, cluster, one, s)
	return dial(t, cluster, one)
}

// start has a server run until stop is called or the test ends.
func start(t testing.TB, cluster *inprocess.Cluster, address string, s *inprocess.Server) (stop func()) {
	stop = cluster.Start(address, s)
	t.Cleanup(stop)
	return stop
}

// dial returns a Clerk of a cluster that is closed at the end of the test.
func dial(t testing.TB, cluster *inprocess.Cluster, servers ...string) *Clerk {
	t.Helper()
	c, err := Dial(servers, grpc.WithContextDialer(cluster.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
