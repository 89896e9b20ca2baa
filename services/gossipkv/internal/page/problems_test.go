package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage"
)

// TestProblems: what is to be looked at is said, the worst first, and nothing else.
func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*gossipkvpb.StatusResponse)
		err    error
		want   []string // what each says, with its level
	}{
		"all is well":         {},
		"just asked":          {err: statuspage.ErrPending},
		"silent":              {err: statuspage.ErrSilent, want: []string{"bad: This server does not answer"}},
		"a full disk":         {change: func(s *gossipkvpb.StatusResponse) { s.DiskFull = "no room" }, want: []string{"bad: This server takes no writes but deletions: no room"}},
		"a disk that hangs":   {change: func(s *gossipkvpb.StatusResponse) { s.DiskStalled = durationpb.New(5 * time.Second) }, want: []string{"bad: The disk has not answered for 5s"}},
		"forgotten":           {change: func(s *gossipkvpb.StatusResponse) { s.Forgotten = true }, want: []string{"bad: This server was forgotten"}},
		"behind a bit":        {change: func(s *gossipkvpb.StatusResponse) { s.Links[0].BehindEntries = farBehind - 1 }},
		"far behind":          {change: func(s *gossipkvpb.StatusResponse) { s.Links[0].BehindEntries = farBehind }, want: []string{"warning: Server 2 lacks 10000 or more entries"}},
		"a link that is down": {change: func(s *gossipkvpb.StatusResponse) { s.Links[1].Up, s.Links[1].Reason = false, "refused" }, want: []string{"warning: There is no link to server 3: refused"}},
		"never reached, and a full disk": {change: func(s *gossipkvpb.StatusResponse) {
			s.Links[1] = &gossipkvpb.Link{Address: "c:8000", Reason: "refused"}
			s.DiskFull = "no room"
		}, want: []string{"bad: This server takes no writes", "warning: There is no link to c:8000: refused"}},
		"a number twice": {change: func(s *gossipkvpb.StatusResponse) { s.Members[2].State = gossipkvpb.MemberState_MEMBER_STATE_DUPLICATE }, want: []string{"bad: A second server 3 (incarnation 00000000000000a3)"}},
		"tombstones that wait": {change: func(s *gossipkvpb.StatusResponse) {
			s.Tombstones, s.Members[1].Vector, s.Members[2].Vector = manyTombstones, vector(1), nil
		}, want: []string{"warning: 10000 tombstones are kept for servers that may not know of them; if one never comes back, kv forget takes it off: 2, 3"}},
		"tombstones that go": {change: func(s *gossipkvpb.StatusResponse) { s.Tombstones = manyTombstones }},
		"members that lack":  {change: func(s *gossipkvpb.StatusResponse) { s.Members[1].Vector = nil }},
	} {
		told := statuspage.Report[*gossipkvpb.StatusResponse]{Err: test.err}
		told.Last = statuspage.Answer[*gossipkvpb.StatusResponse]{Value: well(1), At: started}
		if test.change != nil {
			test.change(told.Last.Value)
		}
		var got []string
		for _, problem := range view(started, told).Problems {
			got = append(got, fmt.Sprintf("%s: %s", problem.Level, problem.Text))
		}
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s: the problems are %q; want %q", name, got, test.want)
		}
	}
}
