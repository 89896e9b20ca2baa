package fleet

import (
	"os/exec"
	"runtime"
	"sync"
)

// spawner starts processes from one thread, which lives as long as it: where the kernel is to kill a process when its parent ends, the
// parent is the thread.
type spawner struct {
	orders chan order
	close  func() // ends the thread; no process that it has started runs any more
}

type order struct {
	command *exec.Cmd
	done    chan<- error
}

func newSpawner() *spawner {
	orders := make(chan order)
	s := &spawner{orders, sync.OnceFunc(func() { close(orders) })}
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		for o := range orders {
			o.done <- o.command.Start()
		}
	}()
	return s
}

func (s *spawner) start(command *exec.Cmd) error {
	done := make(chan error)
	s.orders <- order{command, done}
	return <-done
}
