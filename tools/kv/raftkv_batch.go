package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

type batchCommand struct{}

// Help is what kv batch --help says below the flags.
func (c *batchCommand) Help() string {
	return `One write on each line of standard input:

    put KEY VALUE
    append KEY VALUE
    delete KEY
    if VERSION put KEY VALUE     only if the key has this version, or
    if absent put KEY VALUE      if it does not exist; also for the others

Nothing is done before the input has ended, and then all writes are, at one moment and in their order, or none: if one is refused, the message names its line, and the status is 1. All keys must belong to one shard. A value is the rest of the line; "in quotes", as in Go and kv shell, keys and values may have any bytes. At most 10000 writes.

For each write a line of output says what it did: the key's version from now on, or whether a key to delete existed.`
}

// Limits of a batch: writes as the contract has them, and bytes that nobody needs and memory holds.
const (
	maxBatch      = 10_000
	maxBatchBytes = 512 << 20
)

// Run reads the writes, and does them.
func (c *batchCommand) Run(a *app) error {
	batch, err := readBatch(a)
	if err != nil {
		return err
	}
	return a.withClerk(func(ctx context.Context, clerk *raftkv.Clerk) error {
		results, err := clerk.Batch(ctx, batch.writes...)
		if err != nil {
			return batch.explain(err)
		}
		var out []byte
		for i, result := range results {
			if a.json() {
				out = append(out, outcomeObject(batch.writes[i], result).line()...)
			} else {
				out = append(append(out, outcome(result)...), '\n')
			}
		}
		return a.write(out)
	})
}

// outcome says what a write of a batch did.
func outcome(result *raftkvpb.WriteResult) string {
	switch r := result.GetResult().(type) {
	case *raftkvpb.WriteResult_Put:
		return fmt.Sprintf("version %d", r.Put.GetVersion())
	case *raftkvpb.WriteResult_Append:
		return fmt.Sprintf("version %d", r.Append.GetVersion())
	default:
		if result.GetDelete().GetExisted() {
			return "deleted"
		}
		return "did not exist"
	}
}

// outcomeObject is the same for programs.
func outcomeObject(write *raftkvpb.Write, result *raftkvpb.WriteResult) object {
	switch r := result.GetResult().(type) {
	case *raftkvpb.WriteResult_Put:
		return object{}.bytes("key", write.GetPut().GetKey()).with("version", r.Put.GetVersion()).with("existed", r.Put.GetExisted())
	case *raftkvpb.WriteResult_Append:
		return object{}.bytes("key", write.GetAppend().GetKey()).with("version", r.Append.GetVersion()).with("existed", r.Append.GetExisted())
	default:
		return object{}.bytes("key", write.GetDelete().GetKey()).with("existed", result.GetDelete().GetExisted())
	}
}

// batch is writes, and the number of the line that each came from.
type batch struct {
	writes []*raftkvpb.Write
	lines  []int
}

// readBatch reads writes until the end of the input.
func readBatch(a *app) (b batch, err error) {
	input := bufio.NewReaderSize(io.LimitReader(a.in, maxBatchBytes+1), 64<<10)
	bytes := 0
	for number := 1; ; number++ {
		line, errRead := input.ReadString('\n')
		if errRead != nil && errRead != io.EOF {
			return b, failure{errRead}
		}
		if bytes += len(line); bytes > maxBatchBytes {
			return b, fmt.Errorf("line %d: the input is longer than %d bytes", number, maxBatchBytes)
		}
		if line, err = withoutLineFeed(line); err != nil {
			return b, fmt.Errorf("line %d: %w; nothing was written", number, err)
		}
		if trim(line) != "" {
			write, err := a.parseWrite(line)
			if err == nil && len(b.writes) == maxBatch {
				err = fmt.Errorf("a batch has at most %d writes", maxBatch)
			}
			if err != nil {
				return b, fmt.Errorf("line %d: %w; nothing was written", number, err)
			}
			b.writes, b.lines = append(b.writes, write), append(b.lines, number)
		}
		if errRead == io.EOF {
			break
		}
	}
	if len(b.writes) == 0 {
		return b, errors.New("the input has no write")
	}
	return b, nil
}

// parseWrite reads a line.
func (a *app) parseWrite(line string) (*raftkvpb.Write, error) {
	verb, rest := nextWord(line)
	var expected *uint64
	if verb == "if" {
		var condition string
		condition, rest = nextWord(rest)
		var v expectedVersion
		if err := v.UnmarshalText([]byte(condition)); err != nil {
			return nil, err
		}
		expected = new(uint64(v))
		verb, rest = nextWord(rest)
	}
	count, known := map[string]int{"put": 2, "append": 2, "delete": 1}[verb]
	if !known {
		return nil, fmt.Errorf("%.40q is no write; a line is put KEY VALUE, append KEY VALUE or delete KEY, perhaps with if VERSION before it", verb)
	}
	words, err := split(rest, count)
	if err == nil && len(words) < count {
		err = errors.New(`an argument is missing; "" is an empty one`)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	var arguments [2][]byte
	for i, word := range words {
		if arguments[i], err = a.bytes(word); err != nil {
			return nil, err
		}
	}
	return newWrite(verb, arguments[0], arguments[1], expected), nil
}

// nextWord returns the first word of a line, and what follows the blank after it.
func nextWord(line string) (word, rest string) {
	line = strings.TrimLeft(line, blanks)
	if end := strings.IndexAny(line, blanks); end >= 0 {
		return line[:end], line[end+1:]
	}
	return line, ""
}

func newWrite(verb string, key, value []byte, expected *uint64) *raftkvpb.Write {
	switch verb {
	case "put":
		return &raftkvpb.Write{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: key, Value: value, ExpectedVersion: expected}}}
	case "append":
		return &raftkvpb.Write{Write: &raftkvpb.Write_Append{Append: &raftkvpb.AppendRequest{Key: key, Value: value, ExpectedVersion: expected}}}
	default:
		return &raftkvpb.Write{Write: &raftkvpb.Write_Delete{Delete: &raftkvpb.DeleteRequest{Key: key, ExpectedVersion: expected}}}
	}
}

// refused is how a server names the write that it refuses the batch for, counting from 0.
var refused = regexp.MustCompile(`^write (\d+) of the batch: `)

// explain names the line of the write that an error is about.
func (b *batch) explain(err error) error {
	s := status.Convert(err)
	match := refused.FindStringSubmatch(s.Message())
	if match == nil {
		return err
	}
	n, errNumber := strconv.Atoi(match[1])
	if errNumber != nil || n >= len(b.lines) {
		return err
	}
	return status.Errorf(s.Code(), "line %d: %s", b.lines[n], strings.TrimPrefix(s.Message(), match[0]))
}
