package page

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// TestRates: rates are made of two answers that tell of what is going on now, or not at all.
func TestRates(t *testing.T) {
	f := newFake(1)
	now := started.Add(time.Hour)
	for name, test := range map[string]struct {
		before, last *raftkvpb.StatResponse
		apart        time.Duration
		want         *Rates
	}{
		"two answers":      {f.stat(1, 1, 10), f.stat(1, 1, 30), 2 * time.Second, &Rates{2, 100, 40, 20, 10, 10}},
		"nothing going on": {f.stat(1, 1, 10), f.stat(1, 1, 10), time.Second, &Rates{Over: 1}},
		"far apart":        {f.stat(1, 1, 10), f.stat(1, 1, 30), statuspage.LongestInterval + 1, nil},
		"a restart":        {f.stat(1, 1, 10), changed(f.stat(1, 1, 30), func(s *raftkvpb.StatResponse) { s.StartTime = timestamppb.New(now) }), time.Second, nil},
		"fewer calls":      {f.stat(1, 1, 30), f.stat(1, 1, 10), time.Second, nil},
		"one answer":       {nil, f.stat(1, 1, 10), 0, nil},
	} {
		before := statuspage.Answer[*raftkvpb.StatResponse]{Value: test.before, At: now.Add(-test.apart)}
		if test.before == nil {
			before.At = time.Time{}
		}
		got, took := between(before, statuspage.Answer[*raftkvpb.StatResponse]{Value: test.last, At: now})
		if !reflect.DeepEqual(got, test.want) || (took == nil) != (got == nil) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, took, test.want)
		}
	}
}

func changed[M proto.Message](m M, change func(M)) M {
	change(m)
	return m
}

// TestLatency: what is told of two distributions that a node has counted.
func TestLatency(t *testing.T) {
	for name, test := range map[string]struct {
		before, last []uint64
		want         *Latency
	}{
		"nothing is told":        {nil, nil, nil},
		"no calls":               {[]uint64{5, 5}, []uint64{5, 5}, nil},
		"one call":               {nil, []uint64{0, 0, 0, 1}, &Latency{1, 8e-6, 8e-6}},
		"one more":               {[]uint64{9, 9, 9}, []uint64{9, 9, 9, 0, 1}, &Latency{1, 16e-6, 16e-6}},
		"99 of 100":              {nil, []uint64{0, 50, 49, 0, 0, 1}, &Latency{100, 2e-6, 4e-6}},
		"98 of 100":              {nil, []uint64{0, 50, 48, 0, 0, 2}, &Latency{100, 2e-6, 32e-6}},
		"faster than can be":     {nil, []uint64{10}, &Latency{10, 1e-6, 1e-6}},
		"counting backwards":     {[]uint64{5}, []uint64{4, 9}, nil},
		"fewer places":           {[]uint64{0, 0, 7}, []uint64{3}, &Latency{3, 1e-6, 1e-6}},
		"more places than known": {nil, append(make([]uint64, 5000), 1), nil},
	} {
		if got := latency(test.before, test.last); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v; want %+v", name, got, test.want)
		}
	}
}
