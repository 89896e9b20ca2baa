package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"numstore.example/compat/internal/repo"
)

var (
	// shown finds the command lines of loadgen and kv that a README shows at the start of a line, without the comment behind, and what it
	// has exported for those that follow.
	shown = regexp.MustCompile(`(?m)^(?:bin/(loadgen|kv)|export) (.*?)(?: +# .*)?$`)
	// needMore finds those that need more than a server: tokens, certificates, or a file in capitals; or servers that the README starts, as
	// tests of their own do.
	needMore = regexp.MustCompile(`--tls|token|unix:|\b[A-Z]{3,}\b|--servers localhost:`)
	// shownPort is where the READMEs say that a server listens; one will do in place of several.
	shownPort = regexp.MustCompile(`^(5440|6000|8000(,800\d)*)$`)
)

// TestReadme runs the commands of loadgen and kv that the READMEs show, in their order, at their smallest: each step of a
// load for a moment. A history is recorded on a new server, as they say.
func TestReadme(t *testing.T) {
	root, err := repo.Root()
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]string{"loadgen": build(t, "./tools/loadgen"), "kv": build(t, "./tools/kv")}
	startRaftkv := func(t *testing.T) string { return newKVProcess(t).port() }
	startNumstore := func(t *testing.T) string { return startProcess(t) }
	startGossip := func(t *testing.T) string { return strings.TrimPrefix(startGossipkv(t, 1), "localhost:") }
	for readme, start := range map[string]struct {
		loaded, kv func(*testing.T) (port string)
	}{
		"README.md":                   {startNumstore, startRaftkv},
		"services/numstore/README.md": {startNumstore, startRaftkv},
		"services/raftkv/README.md":   {startRaftkv, startRaftkv},
		"services/gossipkv/README.md": {startGossip, startGossip},
	} {
		t.Run(readme, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, readme))
			if err != nil {
				t.Fatal(err)
			}
			folder, port, kvServer, ran := t.TempDir(), start.loaded(t), start.kv(t), 0
			environment := os.Environ()
			for _, command := range shown.FindAllStringSubmatch(string(text), -1) {
				args := strings.Fields(command[2])
				switch {
				case command[1] == "":
					environment = append(environment, args...)
					continue
				case needMore.MatchString(command[2]):
					t.Logf("left out: %s", command[0])
					continue
				case strings.Contains(command[2], "--history"):
					port = start.loaded(t)
				}
				for i := range args {
					args[i] = shownPort.ReplaceAllString(args[i], port)
				}
				if command[1] == "loadgen" && args[0] == "run" {
					args = append(args, "--duration=50ms", "--warmup=0s")
				}
				process := exec.CommandContext(t.Context(), programs[command[1]], args...)
				process.Dir, process.Env = folder, append(environment, "KV_SERVERS=localhost:"+kvServer) // whatever was exported
				if output, err := process.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", command[0], err, output)
				}
				ran++
			}
			if ran < 3 {
				t.Errorf("%d commands were run; is it shown how to run them in another way now?", ran)
			}
		})
	}
}
