package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage"
)

// view makes a Status of what is known at a moment.
func view(now time.Time, told statuspage.Report[*gossipkvpb.StatusResponse]) Status {
	last := told.Last.Value
	status := Status{
		Time: now.UTC(), Error: statuspage.Text(statuspage.Sentence(told.Err)),
		Links: []Link{}, Members: []Member{},
	}
	if !told.Last.At.IsZero() {
		status.Server, status.Incarnation = last.GetServer(), incarnation(last.GetIncarnation())
		status.Told = describe(now, told.Last)
		over := 0.0
		if told.Err == nil && sameRun(told) {
			over, _ = statuspage.Apart(told.Before, told.Last)
		}
		status.Rates = rates(over, told.Before.Value, last)
		status.Links = links(now, over, told.Before.Value, last)
		status.Members = members(last)
	}
	status.Problems = problems(&status)
	return status
}

// incarnation writes an incarnation as operators read it everywhere.
func incarnation(i uint64) string { return fmt.Sprintf("%016x", i) }

// sameRun says whether the last two answers came without a restart in between.
func sameRun(told statuspage.Report[*gossipkvpb.StatusResponse]) bool {
	return told.Before.Value.GetStartTime().AsTime().Equal(told.Last.Value.GetStartTime().AsTime())
}

func describe(now time.Time, last statuspage.Answer[*gossipkvpb.StatusResponse]) *Told {
	s := last.Value
	return &Told{
		Age: now.Sub(last.At).Seconds(), Version: statuspage.Text(s.GetVersion()),
		Uptime:      max(last.At.Sub(s.GetStartTime().AsTime()).Seconds(), 0),
		LogicalTime: s.GetTime(), Keys: s.GetKeys(), Bytes: s.GetBytes(), Tombstones: s.GetTombstones(), Forgotten: s.GetForgotten(),
		Disk:  Disk{Free: s.GetDiskFree(), Full: statuspage.Text(s.GetDiskFull()), Stalled: s.GetDiskStalled().AsDuration().Seconds()},
		Calls: calls(s),
	}
}

func calls(s *gossipkvpb.StatusResponse) Calls {
	return Calls{Gets: s.GetGets(), Puts: s.GetPuts(), Deletes: s.GetDeletes(), Dumps: s.GetDumps(), Unmet: s.GetUnmet()}
}

// rates returns what went on in so many seconds, or nil if it is not known how many these were.
func rates(over float64, before, last *gossipkvpb.StatusResponse) *Rates {
	if over == 0 {
		return nil
	}
	a, b := calls(before), calls(last)
	return &Rates{
		Over: over, Gets: *rate(over, a.Gets, b.Gets), Puts: *rate(over, a.Puts, b.Puts), Deletes: *rate(over, a.Deletes, b.Deletes),
		Dumps: *rate(over, a.Dumps, b.Dumps), Unmet: *rate(over, a.Unmet, b.Unmet),
	}
}

// rate returns by how much a count has grown in a second, or nil if that is not known.
func rate(over float64, before, last uint64) *float64 {
	if over == 0 {
		return nil
	}
	grown := float64(max(last, before)-before) / over
	return &grown
}

func links(now time.Time, over float64, before, last *gossipkvpb.StatusResponse) []Link {
	links := []Link{}
	for _, l := range last.GetLinks() {
		link := Link{
			Server: l.GetServer(), Address: statuspage.Text(l.GetAddress()), Up: l.GetUp(), Reason: statuspage.Text(l.GetReason()),
			BehindEntries: l.GetBehindEntries(), BehindBytes: l.GetBehindBytes(), BehindExact: l.GetBehindExact(),
			Heard: since(now, l.GetLastExchange()), Sent: l.GetSentBytes(), Received: l.GetReceivedBytes(),
		}
		same := func(b *gossipkvpb.Link) bool {
			return b.GetServer() == l.GetServer() && b.GetAddress() == l.GetAddress()
		}
		if i := slices.IndexFunc(before.GetLinks(), same); i >= 0 {
			b := before.GetLinks()[i]
			link.SentRate, link.ReceivedRate = rate(over, b.GetSentBytes(), link.Sent), rate(over, b.GetReceivedBytes(), link.Received)
		}
		links = append(links, link)
	}
	return links
}

func since(now time.Time, moment *timestamppb.Timestamp) *float64 {
	if moment == nil {
		return nil
	}
	seconds := max(now.Sub(moment.AsTime()).Seconds(), 0)
	return &seconds
}

func members(s *gossipkvpb.StatusResponse) []Member {
	own := times(s.GetVector())
	members := []Member{}
	for _, m := range s.GetMembers() {
		member := Member{
			Server: m.GetServer(), Incarnation: incarnation(m.GetIncarnation()), Lacks: []Span{}, Ahead: []Span{},
			State: strings.ToLower(strings.TrimPrefix(m.GetState().String(), "MEMBER_STATE_")),
		}
		if m.GetState() == gossipkvpb.MemberState_MEMBER_STATE_MEMBER {
			member.Lacks, member.Ahead = missing(times(m.GetVector()), own), missing(own, times(m.GetVector()))
		}
		members = append(members, member)
	}
	return members
}

// origin is who makes writes: a server, and its incarnation.
type origin struct {
	server      uint32
	incarnation uint64
}

func times(vector []*gossipkvpb.VectorEntry) map[origin]uint64 {
	times := make(map[origin]uint64, len(vector))
	for _, entry := range vector {
		times[origin{entry.GetServer(), entry.GetIncarnation()}] = entry.GetTime()
	}
	return times
}

// missing returns what one who knows all up to some times lacks of what another one knows.
func missing(known, wanted map[origin]uint64) []Span {
	spans := []Span{}
	for origin, upto := range wanted {
		if known[origin] < upto {
			spans = append(spans, Span{Server: origin.server, Incarnation: incarnation(origin.incarnation), After: known[origin], Upto: upto})
		}
	}
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return spans
}
