package model

import (
	"fmt"
	"hash/maphash"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
)

// access is the input and the output of an operation on a register: what was written to it, or read.
type access struct {
	write bool
	written
}

// Register returns the problem that a history of gossipkv poses to who takes it for more than it promises to be: each key one
// register, which every read shows as the last write before it has left it. Versions play no part. Gets that met an unmet
// dependency have shown nothing and are left out, as is the end of the history.
func Register(operations []history.Operation) (Problem, error) {
	problem := Problem{Model: registerModel()}
	for i, o := range operations {
		e, err := parseGossip(o)
		if err != nil {
			return Problem{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		end := e.End
		switch {
		case e.unknown():
			problem.Unknown++
			end = forever
		case !e.answered(), e.Answer == Unmet:
			problem.Dropped++
			continue
		case e.Call == Get:
			problem.Reads++
		case !e.write():
			continue
		}
		problem.Operations = append(problem.Operations, porcupine.Operation{
			ClientId: e.Client, Input: access{e.write(), e.written()}, Call: e.Start, Return: end,
		})
	}
	return problem, nil
}

func registerModel() porcupine.Model {
	seed := maphash.MakeSeed()
	return porcupine.Model{
		Partition: byKey(func(input any) string { return input.(access).key }),
		Init:      func() any { return written{} },
		Step: func(state, input, _ any) (bool, any) {
			in := input.(access)
			now := written{exists: in.exists, value: in.value}
			return in.write || now == state.(written), now
		},
		Hash: func(state any) uint64 { return maphash.Comparable(seed, state.(written)) },
		DescribeOperation: func(input, _ any) string {
			in := input.(access)
			return fmt.Sprintf("%s(%s) %s", map[bool]string{true: "write", false: "read"}[in.write], in.key, in.written)
		},
		DescribeState: func(state any) string { return state.(written).String() },
	}
}

// String is the value, for people.
func (w written) String() string {
	if !w.exists {
		return "none"
	}
	return shorten(fmt.Sprintf("%q", w.value))
}
