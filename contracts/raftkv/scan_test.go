package raftkv

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
)

// filled returns a Clerk for a server with the keys 00, 01 … 09, whose values are as long as their numbers.
func filled(t *testing.T, s *inprocess.Server) *Clerk {
	cluster := inprocess.NewCluster(1)
	for i := range 10 {
		cluster.Set(fmt.Appendf(nil, "%02d", i), []byte(strings.Repeat("v", i)))
	}
	start(t, cluster, one, s)
	return dial(t, cluster, one)
}

// breaking returns what breaks each stream of a Scan after so many pairs.
func breaking(after int, code codes.Code) func(context.Context, int, int) error {
	return func(_ context.Context, sent, _ int) error {
		if sent == after {
			return status.Error(code, "broken")
		}
		return nil
	}
}

// keys returns what a Scan yields, in short.
func keys(c *Clerk, t *testing.T, r Range) string {
	var got []string
	for pair, err := range c.Scan(t.Context(), r) {
		if err != nil {
			return fmt.Sprint(got, status.Code(err))
		}
		got = append(got, string(pair.GetKey()))
		if value := len(pair.GetValue()); pair.GetVersion() == 0 || r.KeysOnly && value > 0 || !r.KeysOnly && fmt.Sprintf("%02d", value) != string(pair.GetKey()) {
			t.Errorf("pair %v", pair)
		}
	}
	return fmt.Sprint(got)
}

var ranges = []struct {
	Range
	want string
}{
	{Range{}, "[00 01 02 03 04 05 06 07 08 09]"},
	{Range{KeysOnly: true, Prefix: []byte("0")}, "[00 01 02 03 04 05 06 07 08 09]"},
	{Range{Prefix: []byte("07")}, "[07]"},
	{Range{Prefix: []byte("x")}, "[]"},
	{Range{Start: []byte("02"), End: []byte("05")}, "[02 03 04]"},
	{Range{Start: []byte("02"), Limit: 5}, "[02 03 04 05 06]"},
	{Range{Limit: 4}, "[00 01 02 03]"},
	{Range{Limit: 99}, "[00 01 02 03 04 05 06 07 08 09]"},
	{Range{ResumeAfter: []byte("06")}, "[07 08 09]"},
}

func TestScan(t *testing.T) {
	c := filled(t, new(inprocess.Server))
	for _, test := range ranges {
		if got := keys(c, t, test.Range); got != test.want {
			t.Errorf("%+v: %v; want %v", test.Range, got, test.want)
		}
	}
}

// TestScan_broken has each stream break after two pairs, and nobody sees it.
func TestScan_broken(t *testing.T) {
	for _, test := range ranges {
		synctest.Test(t, func(t *testing.T) {
			f := &inprocess.Server{BreakScan: breaking(2, codes.Unavailable)}
			if got := keys(filled(t, f), t, test.Range); got != test.want {
				t.Errorf("%+v: %v; want %v", test.Range, got, test.want)
			}
		})
	}
}

// TestScan_error: an error that is no break ends the Scan.
func TestScan_error(t *testing.T) {
	f := &inprocess.Server{BreakScan: breaking(4, codes.DataLoss)}
	if got := keys(filled(t, f), t, Range{}); got != "[00 01 02 03] DataLoss" {
		t.Errorf("got %s", got)
	}
}

// TestScan_left: a caller who has enough ends the stream.
func TestScan_left(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{}, 2)
		c := filled(t, &inprocess.Server{BreakScan: func(ctx context.Context, sent, _ int) error {
			if sent == 0 {
				return nil
			}
			<-ctx.Done()
			ended <- struct{}{}
			return ctx.Err()
		}})
		all := c.Scan(t.Context(), Range{})
		for range 2 { // each use of the iterator is a Scan of its own
			for pair, err := range all {
				if string(pair.GetKey()) != "00" || err != nil {
					t.Errorf("%v, %v", pair, err)
				}
				break
			}
			<-ended
		}
	})
}
