package page

import (
	"encoding/json"
	"flag"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

var update = flag.Bool("update", false, "write testdata/status.json anew")

// example is a server with everything that a status may have.
func example() Status {
	now := started.Add(36 * time.Hour)
	last := changed(well(20), func(s *gossipkvpb.StatusResponse) {
		s.DiskFull, s.DiskStalled = "the disk is full", durationpb.New(3*time.Second)
		s.Links[0].BehindEntries, s.Links[0].BehindBytes, s.Links[0].BehindExact = 10_000, 1<<20, false
		s.Links[1].Up, s.Links[1].Reason, s.Links[1].LastExchange = false, "connection refused", nil
		s.Members[1].Vector, s.Members[2].Vector = vector(85, 95, 70), nil
		s.Members = append(s.Members, &gossipkvpb.Member{Server: 4, Incarnation: 0xa4, State: gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN})
	})
	return view(now, statuspage.Report[*gossipkvpb.StatusResponse]{
		Before: statuspage.Answer[*gossipkvpb.StatusResponse]{Value: well(10), At: now.Add(-2500 * time.Millisecond)},
		Last:   statuspage.Answer[*gossipkvpb.StatusResponse]{Value: last, At: now.Add(-500 * time.Millisecond)},
	})
}

// TestStatus_golden: the form of /status.json is what it was: fields are added, and never renamed. After adding some, write
// the file anew with -update, and look at what has changed.
func TestStatus_golden(t *testing.T) {
	statuspagetest.CheckGolden(t, example(), *update)
}

// TestStatus_documented: each field of /status.json has a row in the README.
func TestStatus_documented(t *testing.T) {
	if fields := statuspagetest.CheckDocumented[Status](t, "../../README.md"); fields < 40 {
		t.Errorf("%d fields were found", fields)
	}
}

// TestStatus_nothing: of a server that never answered nothing is told, and no list is null.
func TestStatus_nothing(t *testing.T) {
	got, err := json.Marshal(view(started, statuspage.Report[*gossipkvpb.StatusResponse]{Err: statuspage.ErrPending}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"time":"1999-12-31T00:00:00Z","server":0,"incarnation":"","error":"it was asked a moment ago","problems":[],"told":null,"rates":null,"links":[],"members":[]}`
	if string(got) != want {
		t.Errorf("the status is %s; want %s", got, want)
	}
}
