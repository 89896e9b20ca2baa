package node

// lock is a mutex that may be held for long: who holds it may wait for a disk. It is a channel, as the clock of
// testing/synctest stands still while anybody waits for a sync.Mutex, and whoever has it might wait for that clock.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

func (l lock) Lock()   { l <- struct{}{} }
func (l lock) Unlock() { <-l }
