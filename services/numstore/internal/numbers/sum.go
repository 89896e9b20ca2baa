package numbers

import "fmt"

// Sum is what the numbers come to, for who keeps them elsewhere. A Store has the same two rules in Set, where a call to here would be the most
// expensive part of them.
type Sum struct {
	Keys  int   // how many keys there are
	Total int64 // what their numbers add up to
}

// Replace returns the sum after an update that gives a key a value: one of the keys, whose number was old, or a new one,
// with old 0. It fails with ErrOverflow, or with ErrFull when the key is new and there are maxKeys already.
func (s Sum) Replace(exists bool, old, value int64, maxKeys int) (Sum, error) {
	if !exists {
		if s.Keys >= maxKeys {
			return s, full(maxKeys)
		}
		s.Keys++
	}
	total, ok := replace(s.Total, old, value)
	if !ok {
		return s, overflow(s.Total, old, value)
	}
	s.Total = total
	return s, nil
}

func full(maxKeys int) error {
	return fmt.Errorf("%w: it holds %d keys, its limit; set an existing key, or raise the limit", ErrFull, maxKeys)
}

func overflow(total, old, value int64) error {
	return fmt.Errorf("%w: it is %d, and this update would replace %d by %d", ErrOverflow, total, old, value)
}
