// Package process starts processes that, on Linux, do not outlive the program that started them, whatever ends it.
package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// Spawner starts processes from one thread, which lives as long as it: where the kernel is to kill a process when its parent ends, the
// parent is the thread.
type Spawner struct {
	orders chan order
	Close  func() // ends the thread; no process that it has started runs any more
}

type order struct {
	command *exec.Cmd
	done    chan<- error
}

// NewSpawner returns a spawner with a thread of its own, which Close ends.
func NewSpawner() *Spawner {
	orders := make(chan order)
	s := &Spawner{orders, sync.OnceFunc(func() { close(orders) })}
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		for o := range orders {
			o.done <- o.command.Start()
		}
	}()
	return s
}

// Start starts a command, and returns its error. On Linux, where the command has Attributes, it is killed when the spawner closes.
func (s *Spawner) Start(command *exec.Cmd) error {
	done := make(chan error)
	s.orders <- order{command, done}
	return <-done
}
