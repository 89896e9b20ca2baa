// Package history is the file of every call of a run, so that another program can judge whether the
// answers agree with each other.
//
// # The format
//
// A file is lines of JSON, one [Operation] a line, in the order of their starts:
//
//	{"client":3,"call":"SetNum","key":"key7","value":"5","answer":"16","start":1200345,"end":1534200}
//	{"client":4,"call":"SetNum","key":"key7","value":"9","failure":"DEADLINE_EXCEEDED","start":1200401,"end":9200771}
//
// Values and answers are text, as the service writes them. numstore: numbers in decimal, and "error" for a
// Fact that was answered with an error. raftkv: what was written; as the answer the value that the key has
// (Get) or had before, and its version from then on, in the form of [Versioned] (version 0 when none was
// told); for a CompareAndSet the value in that form too, with the version that was expected, and "refused"
// when the key had another one.
//
// gossipkv: each client is a session that moves between servers. What was written is the value; the answer is a [Version] (Put,
// Delete), or a [Stamped] or "unmet" (Get). Seen is what the session sent along: its time in decimal (Put, Delete), or its
// version of the key (Get). A last client, which is no session, ends the history: Converge is answered with "equal" when the
// vectors of all servers were; Dump is answered with the number of pairs that a server had then, each of which is a Pair, whose
// answer is a Stamped.
//
//	{"client":1,"call":"Put","server":"localhost:8001","key":"key7","value":"[1.3]","seen":"11","answer":"12@3#00000000000000a5","start":1,"end":2}
//	{"client":1,"call":"Get","server":"localhost:8000","key":"key7","seen":"12@3#00000000000000a5","answer":"unmet","start":3,"end":4}
//
// An operation has an answer or a failure, which is the name of a gRPC status code. A client does one operation after the other. Times are nanoseconds from one base that
// all clients share and that no change of the clock moves. The end of an operation comes after its effect,
// and its start before; nothing else is assumed.
//
// A file holds every call that was made on its keys between its first operation and its last. One that
// lacks some of them proves nothing.
package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Operation is one call and what became of it.
type Operation struct {
	Client  int    `json:"client"`            // from 0
	Call    string `json:"call"`              // such as SetNum
	Server  string `json:"server,omitempty"`  // who was asked, where there are several
	Key     string `json:"key"`               // may be empty
	Value   string `json:"value,omitempty"`   // what was written, if anything
	Seen    string `json:"seen,omitempty"`    // what the client told of itself, where it does
	Answer  string `json:"answer,omitempty"`  // what came back, if it was answered
	Failure string `json:"failure,omitempty"` // the status code, if it was not
	Start   int64  `json:"start"`             // nanoseconds
	End     int64  `json:"end"`               // nanoseconds
}

// Write writes operations in the order of their starts, and sorts them so.
func Write(w io.Writer, operations []Operation) error {
	slices.SortStableFunc(operations, func(a, b Operation) int { return int(a.Start - b.Start) })
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	for _, operation := range operations {
		if err := lines.Encode(operation); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// Open reads the file of that name.
func Open(name string) ([]Operation, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	operations, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s is not a history of loadgen: %w", name, err)
	}
	return operations, nil
}

// Read reads a whole file.
func Read(r io.Reader) ([]Operation, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var operations []Operation
	for lines.Scan() {
		var operation Operation
		err := json.Unmarshal(lines.Bytes(), &operation)
		if err == nil {
			err = operation.check()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(operations)+1, err)
		}
		operations = append(operations, operation)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", len(operations), err)
	}
	if len(operations) == 0 {
		return nil, errors.New("it is empty")
	}
	return operations, nil
}

// check says why a line cannot be an operation.
func (o *Operation) check() error {
	switch {
	case o.Client < 0:
		return fmt.Errorf("client is %d; it must not be negative", o.Client)
	case o.Call == "":
		return errors.New("there is no call")
	case o.Start < 0 || o.End < o.Start:
		return fmt.Errorf("it starts at %d and ends at %d; the end must not be first, nor the start negative", o.Start, o.End)
	case (o.Answer == "") == (o.Failure == ""):
		return errors.New("it must have an answer or a failure, and not both")
	}
	return nil
}
