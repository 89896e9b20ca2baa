package enginetest

import "runtime"

// Heap returns how many bytes of Go's memory are in use. It is an int, for differences.
func Heap() int {
	runtime.GC()
	runtime.GC() // what pools kept over the first one
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
