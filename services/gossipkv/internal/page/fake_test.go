package page

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

// fake is a server's service that answers as it is told.
type fake struct {
	gossipkvpb.UnimplementedGossipKVServer

	mu    sync.Mutex
	tells func(ctx context.Context, asked int) (*gossipkvpb.StatusResponse, error)
	asked int
}

func (f *fake) Status(ctx context.Context, _ *gossipkvpb.StatusRequest) (*gossipkvpb.StatusResponse, error) {
	f.mu.Lock()
	f.asked++
	asked, tells := f.asked, f.tells
	f.mu.Unlock()
	return tells(ctx, asked)
}

func (f *fake) times() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func (f *fake) answers(tells func(ctx context.Context, asked int) (*gossipkvpb.StatusResponse, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tells = tells
}

var started = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC) // a day before the time of a synctest bubble

func vector(times ...uint64) (vector []*gossipkvpb.VectorEntry) {
	for i, time := range times {
		vector = append(vector, &gossipkvpb.VectorEntry{Server: uint32(i + 1), Incarnation: 0xa0 + uint64(i+1), Time: time})
	}
	return vector
}

// well is what server 1 of three tells, which are well, after so many looks.
func well(looks int) *gossipkvpb.StatusResponse {
	n := uint64(looks)
	status := &gossipkvpb.StatusResponse{
		Server: 1, Incarnation: 0xa1, StartTime: timestamppb.New(started), Version: "v1.4.0",
		Time: 90, Vector: vector(90, 80, 70), Keys: 1000, Bytes: 64 << 20, Tombstones: 3, DiskFree: 90 << 30,
		Puts: 4 * n, Gets: 10 * n, Deletes: n, Dumps: n, Unmet: 2 * n,
	}
	for id := uint32(1); id <= 3; id++ {
		status.Members = append(status.Members, &gossipkvpb.Member{
			Server: id, Incarnation: 0xa0 + uint64(id), State: gossipkvpb.MemberState_MEMBER_STATE_MEMBER, Vector: vector(90, 80, 70)})
		if id > 1 {
			status.Links = append(status.Links, &gossipkvpb.Link{
				Server: id, Address: string('a'+rune(id-1)) + ":8000", Up: true, BehindExact: true, LastExchange: timestamppb.New(started.Add(time.Hour)),
				SentBytes: 1000 * n, ReceivedBytes: 500 * n,
			})
		}
	}
	return status
}

func changed[M proto.Message](m M, change func(M)) M {
	change(m)
	return m
}

// newFake returns a service that tells what well does.
func newFake() *fake {
	return &fake{tells: func(_ context.Context, asked int) (*gossipkvpb.StatusResponse, error) { return well(asked), nil }}
}

// open returns the handler of the page of a service.
func open(t testing.TB, service gossipkvpb.GossipKVServer) http.Handler {
	t.Helper()
	var page Page
	mux := http.NewServeMux()
	page.Mount(mux.Handle)
	page.Open(service)
	t.Cleanup(page.Close)
	return mux
}

// look returns what the page's status is now.
func look(t testing.TB, handler http.Handler) Status {
	t.Helper()
	return statuspagetest.Look[Status](t, handler)
}
