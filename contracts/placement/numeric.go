package placement

import "fmt"

// numeric returns the remainder of the integer that a key's tag is, divided by the number of shards. It reads digit by
// digit, so that an integer can be as long as a key.
func numeric(key []byte, shards uint32) (Shard, error) {
	digits, negative := Tag(key), false
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	n, remainder := uint64(shards), uint64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, notNumeric(key)
		}
		remainder = (10*remainder + uint64(c-'0')) % n
	}
	if len(digits) == 0 {
		return 0, notNumeric(key)
	}
	if negative { // remainders are counted upwards from the multiple of n below, also where that is below 0
		remainder = (n - remainder) % n
	}
	return Shard(remainder), nil
}

// quoted is how many characters of a key are told in an error.
const quoted = 40

func notNumeric(key []byte) error {
	cut := ""
	if len(key) > quoted {
		cut = fmt.Sprintf(" (the beginning of %d bytes)", len(key))
	}
	return fmt.Errorf("the key %.*q%s has no shard: with the placement numeric, a key, or what is between its { and }, "+
		"must be a decimal integer, as in 17, -4 or user:{17}", quoted, key, cut)
}
