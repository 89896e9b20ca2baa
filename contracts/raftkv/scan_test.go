package raftkv

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// filled returns a fake with the keys 00, 01 … 09, whose values are as long as their numbers.
func filled() *fake {
	f := &fake{store: newStore()}
	for i := range 10 {
		f.set(fmt.Appendf(nil, "%02d", i), []byte(strings.Repeat("v", i)))
	}
	return f
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
	c := serve(t, filled())
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
			f := filled()
			f.broken = func(pairs int) error {
				if pairs == 2 {
					return status.Error(codes.Unavailable, "lost")
				}
				return nil
			}
			if got := keys(serve(t, f), t, test.Range); got != test.want {
				t.Errorf("%+v: %v; want %v", test.Range, got, test.want)
			}
		})
	}
}

// TestScan_error: an error that is no break ends the Scan.
func TestScan_error(t *testing.T) {
	f := filled()
	f.broken = func(pairs int) error {
		if pairs == 4 {
			return status.Error(codes.DataLoss, "damaged")
		}
		return nil
	}
	if got := keys(serve(t, f), t, Range{}); got != "[00 01 02 03] DataLoss" {
		t.Errorf("got %s", got)
	}
}

// TestScan_left: a caller who has enough ends the stream.
func TestScan_left(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := filled()
		f.scanned = make(chan struct{}, 2)
		c := serve(t, f)
		all := c.Scan(t.Context(), Range{})
		for range 2 { // each use of the iterator is a Scan of its own
			for pair, err := range all {
				if string(pair.GetKey()) != "00" || err != nil {
					t.Errorf("%v, %v", pair, err)
				}
				break
			}
			<-f.scanned
		}
	})
}
