package service

import (
	"bytes"
	"fmt"

	"numstore.example/tools/loadgen/internal/workload"
)

// values are what a worker writes where values are bytes. It is not for concurrent use.
type values struct {
	worker   int
	source   *workload.Source
	recorded bool
	count    int // of those recorded so far
}

// next returns the next value; in a history one that nobody else writes, and that can be recognised when
// others are appended. The checker knows its form.
func (v *values) next() []byte {
	value := v.source.Bytes()
	if !v.recorded {
		return value
	}
	v.count++
	tag := fmt.Appendf(nil, "[%d.%d]", v.worker, v.count)
	return append(tag, bytes.Repeat([]byte("."), max(0, len(value)-len(tag)))...)
}
