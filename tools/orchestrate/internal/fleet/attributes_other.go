//go:build !linux

package fleet

import "syscall"

// attributes are those of any process: a fleet whose own process is killed leaves its servers behind.
func attributes() *syscall.SysProcAttr { return nil }
