package numbers

import "math/bits"

// maxFactorial is the largest number whose factorial fits into an int64.
const maxFactorial = 20

// factorial returns n!, for n from 0 to maxFactorial.
func factorial(n int64) int64 {
	product := int64(1)
	for i := int64(2); i <= n; i++ {
		product *= i
	}
	return product
}

// replace returns total - old + value, and whether that fits into an int64. The step in between need
// not fit (the other keys alone may add up to more), so both are done in 128 bits.
func replace(total, old, value int64) (sum int64, ok bool) {
	low, borrow := bits.Sub64(uint64(total), uint64(old), 0)
	high, _ := bits.Sub64(signWord(total), signWord(old), borrow)
	low, carry := bits.Add64(low, uint64(value), 0)
	high, _ = bits.Add64(high, signWord(value), carry)
	sum = int64(low)
	return sum, high == signWord(sum)
}

// signWord returns the upper 64 bits of n as a 128-bit two's complement number.
func signWord(n int64) uint64 {
	return uint64(n >> 63)
}
