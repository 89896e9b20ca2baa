package main

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/status"

	"numstore.example/tools/internal/cli"
)

// atLine is an error of a line of the input.
type atLine struct {
	number int
	error
}

func (e *atLine) Error() string { return fmt.Sprintf("line %d: %v", e.number, e.error) }

// Unwrap returns the error within.
func (e *atLine) Unwrap() error { return e.error }

// called is an error with a status of gRPC.
type called interface {
	error
	GRPCStatus() *status.Status
}

// errMissing is within the errors that say that a key does not exist.
var errMissing = errors.New("the key does not exist")

// missingKey says which key does not exist.
type missingKey struct{ key string }

func (e missingKey) Error() string { return "the key " + quotedKey(e.key) + " does not exist" }

// Is makes it errMissing.
func (e missingKey) Is(target error) bool { return target == errMissing }

// missing says that a key does not exist.
func missing(key string) error { return failure{missingKey{key}} }

// and returns two errors as one; either may be nil.
func and(err, other error) error {
	switch {
	case err == nil:
		return other
	case other == nil:
		return err
	}
	return fmt.Errorf("%w; %w", err, other)
}

// complain prints an error on one line, or as one object.
func (a *app) complain(err error) {
	text := cli.OneLine(message(err))
	if !a.json() {
		fmt.Fprintf(a.err, "kv: %s\n", text)
		return
	}
	o := object{}.with("error", text).with("status", exitStatus(err))
	if call, ok := errors.AsType[called](err); ok {
		o = o.with("code", code.Code(call.GRPCStatus().Code()).String())
	}
	if line, ok := errors.AsType[*atLine](err); ok {
		o = o.with("line", line.number)
	}
	if errors.Is(err, errMissing) {
		o = o.with("missing", true)
	}
	if _, ok := errors.AsType[unmet](err); ok {
		o = o.with("unmet", true)
	}
	a.err.Write(o.line())
}

// message returns what to tell about an error: a status within it as people put it.
func message(err error) string {
	text := err.Error()
	if call, ok := errors.AsType[called](err); ok {
		s := call.GRPCStatus()
		text = strings.Replace(text, call.Error(), fmt.Sprintf("%s (%v)", s.Message(), s.Code()), 1)
	}
	return text
}
