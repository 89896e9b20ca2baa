package experiment

import (
	"context"
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"strings"
)

// versions are those of the programs that take part.
func (p *Plan) versions(ctx context.Context) map[string]string {
	all := make(map[string]string)
	for _, t := range p.Targets {
		for _, program := range t.Programs {
			name := strings.TrimPrefix(program, onPath)
			if _, known := all[name]; known {
				continue
			}
			path := name
			if name == program {
				path = filepath.Join(p.Bin, program)
			}
			all[name] = version(ctx, t, path)
		}
	}
	return all
}

// version is that of a program: what it says itself, or, of a peer that is built from its published modules, theirs. Empty if nobody can tell.
func version(ctx context.Context, t Target, path string) string {
	if info, err := buildinfo.ReadFile(path); t.Peer && err == nil {
		for _, peer := range []string{"go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/client/v3", "github.com/redis/rueidis"} {
			for _, module := range info.Deps {
				if module.Path == peer {
					return peer + " " + module.Version
				}
			}
		}
	}
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return ""
	}
	lines := strings.SplitN(string(said), "\n", 3)
	if len(lines) > 2 && strings.HasPrefix(lines[1], "commit: ") {
		return lines[0] + ", " + lines[1]
	}
	return lines[0]
}
