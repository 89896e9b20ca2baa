package raftkv

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv"
	"numstore.example/services/numstore/internal/remote"
	"numstore.example/services/numstore/internal/remotetest"
)

var program = remotetest.Builder{Folder: "../../..", Package: "./raftkv"}

func TestMain(m *testing.M) {
	status := m.Run()
	program.Remove()
	os.Exit(status)
}

// on returns how engines on a cluster are opened.
func on(addresses []string) remotetest.Open {
	return func(t testing.TB, prefix string) remote.Engine {
		engine, err := New(Config{Servers: addresses, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { engine.Close() })
		if err := engine.learn(t.Context()); err != nil {
			t.Fatal(err)
		}
		return engine
	}
}

// TestEngine_one has several shards, of which a prefix takes one.
func TestEngine_one(t *testing.T) {
	member := remotetest.NewMember(t, program.Program(t), "--addr=127.0.0.1:0", "--shards=3", "--data-dir", t.TempDir())
	remotetest.Run(t, on(remotetest.StartAll(t, member)))
}

// BenchmarkEngine measures puts of one Clerk as well.
func BenchmarkEngine(b *testing.B) {
	addresses := remotetest.StartAll(b, remotetest.NewMember(b, program.Program(b), "--addr=127.0.0.1:0", "--data-dir", b.TempDir()))
	remotetest.Benchmark(b, on(addresses))
	clerk, err := raftkv.Dial(addresses, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer clerk.Close()
	b.Run("puts of one Clerk", func(b *testing.B) {
		remotetest.Calls(b, func(ctx context.Context, _, i int) error {
			_, err := clerk.Put(ctx, fmt.Append(nil, "key", i%1000), fmt.Append(nil, i))
			return err
		})
	})
}

func TestEngine_three(t *testing.T) {
	var peers []string
	for i := range 3 {
		peers = append(peers, fmt.Sprintf("%d=%s", i+1, remotetest.FreeAddress(t)))
	}
	var members []*remotetest.Member
	for i, peer := range peers {
		_, address, _ := strings.Cut(peer, "=")
		members = append(members, remotetest.NewMember(t, program.Program(t), "--addr="+address, fmt.Sprintf("--node=%d", i+1),
			"--peers="+strings.Join(peers, ","), "--shards=3", "--data-dir", t.TempDir()))
	}
	remotetest.Run(t, on(remotetest.StartAll(t, members...)))
}
