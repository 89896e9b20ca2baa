package fleet

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestFleet_killed: when the process with the fleet is killed, and cannot do anything any more, its servers end too.
func TestFleet_killed(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), asServer+"=parent", "TMPDIR="+t.TempDir())
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || !runs(strings.TrimSpace(line)) {
		t.Fatalf("the server is process %q, %v; want one that runs", line, err)
	}
	command.Process.Kill()
	command.Wait()
	await(t, "the server ends", func() bool { return !runs(strings.TrimSpace(line)) })
}

// runs says whether there is a process with this number that has not ended.
func runs(pid string) bool {
	state, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(state), ") Z ")
}
