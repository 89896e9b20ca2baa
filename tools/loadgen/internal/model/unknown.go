package model

import (
	"regexp"

	"github.com/anishathalye/porcupine"
)

// A write without an answer may take effect at any time after its start, and a checker has to try them all:
// two dozen on one key are more than it can try. But values tell more. Where every write of a key has a
// value of its own, which can be recognised also when others were appended to it, and every answer tells the
// value that was there, then a write happened before the first answer that shows its value; and if none does
// it has no part in the history: whatever came after it would have shown it, but for another write that
// nobody saw, or for a CompareAndSet that was refused.

// ownValue is what loadgen writes in a history: client, number of the value, and dots up to its size.
var (
	ownValue = regexp.MustCompile(`^\[\d+\.\d+\]\.*$`)
	tag      = regexp.MustCompile(`\[\d+\.\d+\]`)
)

// tagged is a value that was written to a key, or its tag.
type tagged struct{ key, tag string }

// settle gives writes of unknown outcome the end that answers show, and leaves out those that nobody saw,
// and what only they may explain.
func settle(operations []porcupine.Operation) (kept []porcupine.Operation) {
	plain := withoutTags(operations)
	seen := firstSeen(operations)
	lost := make(map[string]int64) // by key, the start of the first write that is left out
	for _, o := range operations {
		in, out := o.Input.(kvQuestion), o.Output.(kvAnswer)
		if out.kind == uncertain && in.call != "Delete" && !plain[in.key] {
			end, found := seen[tagged{in.key, tag.FindString(in.value)}]
			if !found {
				if first, any := lost[in.key]; !any || o.Call < first {
					lost[in.key] = o.Call
				}
				continue
			}
			o.Return = max(end, o.Call) // an answer from before the write is for the checker to refuse
		}
		kept = append(kept, o)
	}
	left := kept[:0]
	for _, o := range kept {
		first, any := lost[o.Input.(kvQuestion).key]
		if !any || o.Output.(kvAnswer).kind != refusal || o.Return < first {
			left = append(left, o)
		}
	}
	return left
}

// withoutTags returns the keys with values that cannot be recognised, or were written twice.
func withoutTags(operations []porcupine.Operation) map[string]bool {
	plain, written := make(map[string]bool), make(map[tagged]bool)
	for _, o := range operations {
		in := o.Input.(kvQuestion)
		if in.call == "Get" || in.call == "Delete" {
			continue
		}
		value := tagged{in.key, tag.FindString(in.value)}
		if written[value] || !ownValue.MatchString(in.value) {
			plain[in.key] = true
		}
		written[value] = true
	}
	return plain
}

// firstSeen returns when the first answer ended that shows a tag.
func firstSeen(operations []porcupine.Operation) map[tagged]int64 {
	seen := make(map[tagged]int64)
	for _, o := range operations {
		out := o.Output.(kvAnswer)
		if out.kind != done {
			continue
		}
		for _, tag := range tag.FindAllString(out.before.Value, -1) {
			value := tagged{o.Input.(kvQuestion).key, tag}
			if end, found := seen[value]; !found || o.Return < end {
				seen[value] = o.Return
			}
		}
	}
	return seen
}
