package lab

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCommands_folders: in one scratch folder, no two servers that run at the same time have the same data, however alike they are.
func TestCommands_folders(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "redis-server"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	r := Rig{Scratch: t.TempDir()}
	used := make(map[string]string)
	for range 2 {
		for name, make := range map[string]func() (Command, error){
			"raftkv, 3 nodes": func() (Command, error) { return RaftkvCluster(r, 3, 1) },
			"raftkv, 5 nodes": func() (Command, error) { return RaftkvCluster(r, 5, 1) },
			"raftkv, alone":   func() (Command, error) { return RaftkvServers(r, 2) },
			"etcd":            func() (Command, error) { return EtcdCluster(r, 3) },
			"gossipkv":        func() (Command, error) { return GossipkvMesh(r, 3) },
			"Redis":           func() (Command, error) { return Redis(r, "everysec") },
		} {
			command, err := make()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, p := range command.Processes {
				at := slices.IndexFunc(p.Args, func(arg string) bool { return arg == "--data-dir" || arg == "--dir" })
				folder := p.Args[at+1]
				if at < 0 || !strings.HasPrefix(folder, r.Scratch) || used[folder] != "" {
					t.Errorf("%s has the folder %s of %s, started by %v", name, folder, used[folder], p.Args)
				}
				used[folder] = name
			}
		}
	}
}

// TestGossipkvMesh: each is told of all before it, and has a number of its own.
func TestGossipkvMesh(t *testing.T) {
	c, err := GossipkvMesh(Rig{Scratch: t.TempDir()}, 3, "--log-level", "error")
	if err != nil {
		t.Fatal(err)
	}
	var before []string
	for i, p := range c.Processes {
		flags := make(map[string]string)
		for at := 1; at < len(p.Args); at += 2 {
			flags[p.Args[at]] = p.Args[at+1]
		}
		if peers := strings.Join(before, ","); flags["--id"] != string(rune('1'+i)) || flags["--peers"] != peers || flags["--log-level"] != "error" {
			t.Errorf("server %d is started with %v; want the peers %s, and the flag that was given", i+1, p.Args, peers)
		}
		before = append(before, flags["--addr"])
	}
}

// TestLeaderFirst_none: servers that have no leader are not asked for one.
func TestLeaderFirst_none(t *testing.T) {
	s := &Server{nodes: []*Node{{program: Process{Address: "a"}}, {program: Process{Address: "b"}}}}
	if got, err := s.LeaderFirst(context.Background()); err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v, %v; want both as they are", got, err)
	}
}
