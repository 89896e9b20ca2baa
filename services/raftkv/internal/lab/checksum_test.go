package lab_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"numstore.example/contracts/raftkvpb"
)

// TestChecksum: each server tells the checksums of its replicas, which are the same everywhere at the same entry.
func TestChecksum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards = 2
		c := startCluster(t, 1, shape{nodes: 3, shards: shards, replicas: 3})
		defer c.stop(t)
		clerk := c.clerk(t, c.addresses(0)...)
		defer clerk.Close()
		for range 3 { // so that each shard has an entry in each span of time
			for i := range 20 {
				if _, err := clerk.Put(t.Context(), fmt.Append(nil, i), []byte("v")); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(checksumEvery) // by the clock of the test
		}
		want := make(map[uint32]*raftkvpb.Checksum)
		for _, address := range c.addresses(0) {
			for shard, sum := range c.checksums(t, address) {
				switch {
				case sum.GetIndex() == 0 || sum.GetDiffers():
					t.Errorf("%s tells %v of shard %d", address, sum, shard)
				case want[shard] == nil:
					want[shard] = sum
				case sum.GetIndex() != want[shard].GetIndex() || sum.GetSum() != want[shard].GetSum():
					t.Errorf("%s tells %v of shard %d, another server %v", address, sum, shard, want[shard])
				}
			}
		}
		if len(want) != shards || want[0].GetSum() == want[1].GetSum() {
			t.Errorf("the checksums are %v", want)
		}
	})
}

// checksums asks a server for those of its shards.
func (c *cluster) checksums(t *testing.T, address string) map[uint32]*raftkvpb.Checksum {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, c.options()...)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stat, err := raftkvpb.NewRaftKVClient(conn).Stat(t.Context(), &raftkvpb.StatRequest{})
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[uint32]*raftkvpb.Checksum)
	for _, shard := range stat.GetShards() {
		sums[shard.GetShard()] = shard.GetChecksum()
	}
	return sums
}
