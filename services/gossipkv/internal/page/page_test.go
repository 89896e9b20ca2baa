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

	"numstore.example/contracts/gossipkvpb"
)

// TestLook: who looks sees the server as it is, with rates from the second time on; many who look at the same time cost what one does, and
// the server is not asked when nobody looks.
func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		handler := open(t, f)
		if s := look(t, handler); s.Server != 1 || s.Told == nil || s.Told.Keys != 1000 || s.Error != "" || s.Rates != nil || len(s.Problems) != 0 || len(s.Links) != 2 || len(s.Members) != 3 {
			t.Errorf("at first: %+v", s)
		}
		time.Sleep(2 * time.Second)
		var viewers sync.WaitGroup
		for range 50 {
			viewers.Go(func() {
				if s := look(t, handler); s.Rates == nil || s.Rates.Gets != 5 || s.Rates.Unmet != 1 || s.Links[0].SentRate == nil || *s.Links[0].SentRate != 500 {
					t.Errorf("after two seconds: %+v", s)
				}
			})
		}
		viewers.Wait()
		time.Sleep(time.Hour)
		if asked := f.times(); asked != 2 {
			t.Errorf("it was asked %d times; want 2", asked)
		}
		if s := look(t, handler); s.Rates != nil {
			t.Errorf("after an hour there are rates of it: %+v", s.Rates)
		}
	})
}

// TestLook_restarted: between two runs of a server there are no rates.
func TestLook_restarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		handler := open(t, f)
		look(t, handler)
		f.answers(func(context.Context, int) (*gossipkvpb.StatusResponse, error) {
			return changed(well(0), func(s *gossipkvpb.StatusResponse) { s.StartTime.Seconds += 10 }), nil
		})
		time.Sleep(2 * time.Second)
		if s := look(t, handler); s.Rates != nil || s.Links[0].SentRate != nil {
			t.Errorf("after a restart: %+v", s)
		}
	})
}

// TestLook_silent: a server that does not answer, as its disk hangs, holds no view up; what it told is shown, with its age, and without rates.
func TestLook_silent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		handler := open(t, f)
		look(t, handler)
		f.answers(func(ctx context.Context, _ int) (*gossipkvpb.StatusResponse, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		time.Sleep(2 * time.Second)
		began := time.Now()
		if s := look(t, handler); s.Error != "" || s.Told.Age != 2.25 || time.Since(began) != 250*time.Millisecond {
			t.Errorf("while it may still answer: %+v, after %v", s, time.Since(began))
		}
		time.Sleep(2 * time.Second)
		if s := look(t, handler); s.Error == "" || s.Told.Keys != 1000 || s.Rates != nil || len(s.Problems) != 1 {
			t.Errorf("when it does not: %+v", s)
		}
		f.answers(func(context.Context, int) (*gossipkvpb.StatusResponse, error) {
			return nil, status.Error(codes.Internal, "it is broken")
		})
		time.Sleep(2 * time.Second)
		if s := look(t, handler); s.Error != "it is broken" {
			t.Errorf("when it fails: %+v", s)
		}
	})
}

// TestPage_closed: before and after, the page says that the server is not open. When Close has returned, nobody asks the server any more.
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
		if got := get("/status.json"); got != http.StatusServiceUnavailable {
			t.Errorf("before: status %d; want 503", got)
		}
		f := newFake()
		ended := make(chan struct{})
		f.answers(func(ctx context.Context, _ int) (*gossipkvpb.StatusResponse, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // what it is about takes its time
			close(ended)
			return nil, errors.New("late")
		})
		page.Open(f)
		if got := get("/status.json"); got != http.StatusOK {
			t.Errorf("while it is open: status %d; want 200", got)
		}
		page.Close()
		select {
		case <-ended:
		default:
			t.Error("Close has returned while the server was being asked")
		}
		if got := get("/status.json"); got != http.StatusServiceUnavailable {
			t.Errorf("after: status %d; want 503", got)
		}
		if got := get("/"); got != http.StatusOK {
			t.Errorf("the document: status %d; want 200", got)
		}
	})
}
