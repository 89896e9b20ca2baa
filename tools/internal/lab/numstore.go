package lab

import "path/filepath"

// Numstore is a numstore, whose numbers are in memory.
func Numstore(r Rig, flags ...string) Command {
	args := []string{filepath.Join(r.Bin, "numstore"), "--addr", "localhost:0", "--log-level", "warn"}
	return Alone("numstore", Process{Args: append(args, flags...)})
}
