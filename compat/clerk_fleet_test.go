package compat

import (
	"fmt"
	"net"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkv/inprocess"
)

// eachClerk runs a test with each of the Python Clerks, with every Python.
func eachClerk(t *testing.T, test func(t *testing.T, python pyenv.Python, clerk string)) {
	for _, name := range pythons {
		for _, clerk := range kvClients[1:] {
			t.Run("python-"+name+"/"+clerk, func(t *testing.T) {
				t.Parallel() // each has a fleet of its own, and mostly waits
				test(t, python(t, name), clerk)
			})
		}
	}
}

// fleet is a cluster of three shards in this process, each led by a server of its own, on ports of this machine.
type fleet struct {
	*inprocess.Cluster
	servers [3]*inprocess.Server
	ports   [3]string
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{Cluster: inprocess.NewCluster(3)}
	for i := range f.servers {
		f.servers[i] = new(inprocess.Server)
		f.ports[i], _ = serve(t, f.Cluster, f.servers[i])
		f.Lead(i, f.address(i))
	}
	return f
}

func (f *fleet) address(server int) string { return "localhost:" + f.ports[server] }

// serve has a server of a cluster run until it is stopped, or the test ends.
func serve(t *testing.T, cluster *inprocess.Cluster, server *inprocess.Server) (port string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	s := grpc.NewServer()
	cluster.Register(s, "localhost:"+port, server)
	go s.Serve(listener)
	t.Cleanup(s.Stop)
	return port, s.Stop
}

// on returns the i-th key of a shard.
func on(t *testing.T, shard, i int) string {
	t.Helper()
	find, err := placement.New(placement.Hash, 3)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		key := fmt.Sprint(n)
		if s, _ := find([]byte(key)); int(s) == shard {
			if i--; i < 0 {
				return key
			}
		}
	}
}

// put writes the first key of a shard, and then the next.
func (p *kvPerformer) put(t *testing.T, shard int) {
	t.Helper()
	for i := range 2 {
		if answer := p.perform(t, "Put", fmt.Sprintf("key: %q", on(t, shard, i))); answer.Code != "" {
			t.Errorf("Put on shard %d: %+v", shard, answer)
		}
	}
}

// seen returns how many calls each server has got since the last time.
func (f *fleet) seen(before *[3]int) (now [3]int) {
	for i, s := range f.servers {
		n := len(s.Alone())
		now[i], before[i] = n-before[i], n
	}
	return now
}
