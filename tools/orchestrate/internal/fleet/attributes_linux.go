package fleet

import "syscall"

// attributes are those of a process with a group of its own, which the kernel kills when the thread ends that started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
