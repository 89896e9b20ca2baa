package server

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/numstore/internal/numbers"
	"numstore.example/services/numstore/internal/remote"
)

// setNumStatus maps an error of Set to a gRPC status, as the table in numstore.proto has it.
func setNumStatus(err error) error {
	switch {
	case errors.Is(err, numbers.ErrOverflow):
		return status.Error(codes.OutOfRange, err.Error())
	case errors.Is(err, numbers.ErrFull):
		return status.Error(codes.ResourceExhausted, err.Error())
	}
	return engineStatus(err)
}

// factError maps an error of Fact to FactResponse.error, for those that are answers of the contract. Any other is a failed
// call, and its status is returned.
func factError(err error) (says string, failed error) {
	for _, answer := range []error{numbers.ErrMissing, numbers.ErrNegative, numbers.ErrTooLarge} {
		if errors.Is(err, answer) {
			return err.Error(), nil
		}
	}
	return "", engineStatus(err)
}

// engineStatus maps what is wrong with the engine that keeps the numbers.
func engineStatus(err error) error {
	code := codes.Internal
	switch {
	case errors.Is(err, remote.ErrAway):
		code = codes.Unavailable
	case errors.Is(err, remote.ErrDamaged):
		code = codes.DataLoss
	}
	return status.Error(code, err.Error())
}
