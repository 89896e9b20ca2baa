package process

import "syscall"

// Attributes are those of a process with a group of its own, which the kernel kills when the thread ends that started it.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
