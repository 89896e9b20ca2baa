package drive

import (
	"math/bits"
	"time"
)

// answers remembers in which milliseconds of a window calls were answered: a bit for each, ten megabytes for a day. They
// may be told in any order.
type answers struct{ answered []uint64 }

// add notes an answer, so long after the window began.
func (a *answers) add(at time.Duration) {
	word, bit := at.Milliseconds()/64, at.Milliseconds()%64
	for int64(len(a.answered)) <= word {
		a.answered = append(a.answered, 0)
	}
	a.answered[word] |= 1 << bit
}

// longestGap returns the longest time without an answer in a window of this length, to a millisecond: between two answers,
// or between one and an end of the window.
func (a *answers) longestGap(window time.Duration) time.Duration {
	longest, last := int64(0), int64(0)
	for i, word := range a.answered {
		for ; word != 0; word &= word - 1 {
			at := int64(i)*64 + int64(bits.TrailingZeros64(word))
			longest, last = max(longest, at-last), at
		}
	}
	return time.Duration(max(longest, window.Milliseconds()-last)) * time.Millisecond
}
