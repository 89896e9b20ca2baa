package server

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/numstore/internal/numbers"
	"numstore.example/services/numstore/internal/remote"
)

// failing is a store whose calls all fail.
type failing struct{ err error }

func (f failing) Set(context.Context, string, int64) (int64, error) { return 0, f.err }
func (f failing) Fact(context.Context, string) (int64, bool, error) { return 0, false, f.err }
func (f failing) Len() int                                          { return 0 }

// TestErrors: what a store says becomes the status that the contract has for it; what it says of a key or a value is an answer of Fact.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		err       error
		set, fact codes.Code
	}{
		{numbers.ErrOverflow, codes.OutOfRange, codes.Internal},
		{numbers.ErrFull, codes.ResourceExhausted, codes.Internal},
		{numbers.ErrMissing, codes.Internal, codes.OK},
		{numbers.ErrNegative, codes.Internal, codes.OK},
		{numbers.ErrTooLarge, codes.Internal, codes.OK},
		{remote.ErrAway, codes.Unavailable, codes.Unavailable},
		{remote.ErrDamaged, codes.DataLoss, codes.DataLoss},
	} {
		store := failing{fmt.Errorf("%w: 5", test.err)}
		adapter := &adapter{store: store, maxKey: testMaxKey, facts: newFactCounters(prometheus.NewRegistry(), store)}
		if _, err := adapter.SetNum(t.Context(), set("k", 5)); status.Code(err) != test.set || status.Convert(err).Message() != store.err.Error() {
			t.Errorf("SetNum with %v: %v; want %s", test.err, err, test.set)
		}
		reply, err := adapter.Fact(t.Context(), fact("k"))
		said := status.Convert(err).Message()
		if err == nil {
			said = reply.GetError()
		}
		if status.Code(err) != test.fact || said != store.err.Error() {
			t.Errorf("Fact with %v: %v, %v; want %s", test.err, reply, err, test.fact)
		}
	}
}
