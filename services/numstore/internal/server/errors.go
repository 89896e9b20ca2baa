package server

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/services/numstore/internal/numbers"
)

// setNumStatus maps an error of Store.Set to a gRPC status, as the table in numstore.proto has it.
func setNumStatus(err error) error {
	code := codes.Internal
	switch {
	case errors.Is(err, numbers.ErrOverflow):
		code = codes.OutOfRange
	case errors.Is(err, numbers.ErrFull):
		code = codes.ResourceExhausted
	}
	return status.Error(code, err.Error())
}

// factError maps an error of Store.Fact to FactResponse.error: all of them are answers of the contract,
// none is a failed call.
func factError(err error) string {
	return err.Error()
}
