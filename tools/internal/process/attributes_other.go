//go:build !linux

package process

import "syscall"

// Attributes are those of any process: a program that is killed leaves what it started behind.
func Attributes() *syscall.SysProcAttr { return nil }
