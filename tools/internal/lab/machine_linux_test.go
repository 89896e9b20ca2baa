package lab

import "testing"

// TestMachine_linux: Linux tells all but, in some virtual machines, the name of the processor.
func TestMachine_linux(t *testing.T) {
	if m := Machine(t.TempDir()); m.Memory < 1<<20 || m.Disk == "" || m.Busy == "" {
		t.Errorf("got %+v; want memory, a file system, a load average", m)
	} else {
		t.Logf("%+v", m)
	}
}
