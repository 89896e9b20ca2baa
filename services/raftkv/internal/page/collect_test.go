package page

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// TestLook_shared: many who look at the same time cost what one does, and nobody is asked when nobody looks.
func TestLook_shared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(2)
		handler := open(t, f)
		for range 3 { // looks, two seconds apart
			var viewers sync.WaitGroup
			for range 50 {
				viewers.Go(func() { look(t, handler) })
			}
			viewers.Wait()
			time.Sleep(2 * time.Second)
		}
		time.Sleep(time.Hour)
		for id := uint64(1); id <= 3; id++ {
			if f.asked[id] != 3 {
				t.Errorf("node %d was asked %d times by 50 viewers who looked three times; want 3", id, f.asked[id])
			}
		}
	})
}

// TestLook_slow: a node that takes its time holds no view up for longer than patience. It is as it was until its deadline,
// then silent, and answers when it does. What it told is shown meanwhile, with its age, and no rates.
func TestLook_slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(2)
		handler := open(t, f)
		next := func() (Status, time.Duration) {
			began := time.Now()
			status := look(t, handler)
			took := time.Since(began)
			time.Sleep(2*time.Second - took)
			return status, took
		}
		next()
		f.answers(2, f.stat(2, 2, 20))
		if status, took := next(); status.Nodes[1].State != Answers || status.Nodes[1].Rates == nil || took != 0 {
			t.Errorf("a node that answers: %+v, after %v", status.Nodes[1], took)
		}
		f.hangs(2)
		status, took := next()
		if node := status.Nodes[1]; node.State != Answers || node.Told.Age != 2.25 || took != statuspage.Patience {
			t.Errorf("while its answer may still come it is %q, as it was %v seconds ago, after %v; want as before, 2.25, 250ms", node.State, node.Told.Age, took)
		}
		for range 2 {
			status, took = next()
			if node := status.Nodes[1]; node.State != Silent || node.Error == "" || node.Told.Keys != 1000 || node.Rates != nil || took != statuspage.Patience {
				t.Errorf("after its deadline it is %+v, after %v", node, took)
			}
			if status.Nodes[0].State != Answers || status.Nodes[0].Rates == nil || status.Nodes[0].Told.Age > statuspage.Patience.Seconds() {
				t.Errorf("another node is %+v", status.Nodes[0])
			}
		}
		f.answers(2, f.stat(2, 2, 30))
		next()
		if status, took := next(); status.Nodes[1].State != Answers || status.Nodes[1].Told.Age != 0 || took != 0 {
			t.Errorf("when it answers again: %+v, after %v", status.Nodes[1], took)
		}
	})
}

// TestLook_deaf: who does not even mind his deadline is not asked again while he may still answer.
func TestLook_deaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		handler := open(t, f)
		awake := make(chan struct{})
		f.tells(3, func(context.Context) (*raftkvpb.StatResponse, error) {
			<-awake
			return f.stat(3, 1, 0), nil
		})
		for range 5 {
			look(t, handler)
			time.Sleep(2 * time.Second)
		}
		status := look(t, handler)
		if node := status.Nodes[2]; node.State != Silent || node.Told != nil || f.asked[3] != 1 {
			t.Errorf("it is %+v, asked %d times; want silent, and once", node, f.asked[3])
		}
		close(awake)
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if status := look(t, handler); status.Nodes[2].State != Answers || f.asked[3] != 2 {
			t.Errorf("afterwards it is %q, asked %d times", status.Nodes[2].State, f.asked[3])
		}
	})
}

// TestLook_first: nobody is called silent before he had his time.
func TestLook_first(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		f.hangs(2)
		status := look(t, open(t, f))
		if node := status.Nodes[1]; node.State != Unknown || node.Told != nil || len(status.Problems) > 0 {
			t.Errorf("at the first look it is %+v, and the problems are %v", node, status.Problems)
		}
		time.Sleep(time.Hour) // the question ends
	})
}

// TestLook_map: until there is a map the node shows itself; who leaves the map is forgotten.
func TestLook_map(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		formed := f.topology
		f.topology, f.err = nil, status.Error(codes.Unavailable, "it waits for nodes 2 and 3")
		handler := open(t, f)
		s := look(t, handler)
		if len(s.Nodes) != 1 || s.Nodes[0].State != Answers || s.Cluster.Error != "it waits for nodes 2 and 3" || len(s.Problems) != 1 || s.Problems[0].Level != statuspage.Bad {
			t.Errorf("without a map: %+v", s)
		}
		f.topology, f.err = formed, nil
		time.Sleep(2 * time.Second)
		if s := look(t, handler); len(s.Nodes) != 3 || s.Cluster.Error != "" || s.Cluster.Placement != "hash" || len(s.Shards) != 1 {
			t.Errorf("with a map: %+v", s)
		}
		f.topology = &raftkvpb.TopologyResponse{MapVersion: 2, Nodes: formed.Nodes[:2]}
		time.Sleep(2 * time.Second)
		if s := look(t, handler); len(s.Nodes) != 2 || s.Cluster.MapVersion != 2 {
			t.Errorf("after a node has left: %+v", s)
		}
	})
}

// TestState: what the errors of a node say of it.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		handler := open(t, f)
		look(t, handler)
		for _, test := range []struct {
			err   error
			state State
			said  string
		}{
			{status.Error(codes.Unavailable, "connection refused"), Silent, "connection refused"},
			{status.Error(codes.DeadlineExceeded, "too late"), Silent, "too late"},
			{status.Error(codes.Unauthenticated, "a token is needed"), Unknown, "a token is needed"},
			{errors.New("there is no address"), Unknown, "there is no address"},
		} {
			f.fails(3, test.err)
			time.Sleep(2 * time.Second)
			s := look(t, handler)
			if node := s.Nodes[2]; node.State != test.state || node.Error != test.said || node.Rates != nil || node.Told == nil {
				t.Errorf("%v: %+v; want %s", test.err, node, test.state)
			}
			if replica := s.Shards[0].Replicas[2]; replica.Role != "unknown" || replica.Applied != nil || replica.Behind != nil {
				t.Errorf("%v: its replica is %+v; want an unknown one", test.err, replica)
			}
		}
	})
}

// TestPage_closed: before and after, the page says that the node is not open, and asks nobody.
func TestPage_closed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var page Page
		mux := http.NewServeMux()
		page.Mount(mux.Handle)
		get := func(path string) int {
			recorded := httptest.NewRecorder()
			mux.ServeHTTP(recorded, httptest.NewRequest("GET", path, nil))
			return recorded.Code
		}
		f := newFake(1)
		f.hangs(1)
		if got := get("/status.json"); got != http.StatusServiceUnavailable {
			t.Errorf("before: status %d; want 503", got)
		}
		page.Open(Config{Node: 1, Source: f})
		if got := get("/status.json"); got != http.StatusOK {
			t.Errorf("while it is open: status %d; want 200", got)
		}
		began := time.Now()
		page.Close()
		synctest.Wait() // the question to node 1 has ended
		if got := get("/status.json"); got != http.StatusServiceUnavailable || f.asked[1] != 1 || time.Since(began) != 0 {
			t.Errorf("after: status %d, node 1 was asked %d times; want 503, and once", got, f.asked[1])
		}
		if got := get("/"); got != http.StatusOK {
			t.Errorf("the document: status %d; want 200", got)
		}
		page.Close()
	})
}
