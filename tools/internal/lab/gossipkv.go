package lab

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Gossipkv is a gossipkv alone, on a folder of its own within the scratch folder.
func Gossipkv(r Rig, folder string, flags ...string) Command {
	return Alone("gossipkv", gossipkvProcess(r, folder, 1, "localhost:0", flags...))
}

func gossipkvProcess(r Rig, folder string, number int, address string, flags ...string) Process {
	args := []string{filepath.Join(r.Bin, "gossipkv"), "--id", strconv.Itoa(number), "--addr", address,
		"--data-dir", filepath.Join(r.Scratch, "gossipkv-"+folder), "--log-level", "warn"}
	return Process{Args: append(args, flags...)}
}

// GossipkvMesh is so many gossipkv that are each linked to all others, on folders of their own.
func GossipkvMesh(r Rig, servers int, flags ...string) (Command, error) {
	r, addresses, err := r.apart("gossipkv-mesh", servers)
	if err != nil {
		return Command{}, err
	}
	return GossipkvLinked(r, "gossipkv", addresses, func(i int) []string { return addresses[:i] }, flags...), nil
}

// GossipkvLinked is a gossipkv at each of the addresses, linked to its peers.
func GossipkvLinked(r Rig, name string, addresses []string, peers func(i int) []string, flags ...string) Command {
	c := Command{Name: name}
	for i, address := range addresses {
		own := slices.Clone(flags)
		if peers := peers(i); len(peers) > 0 {
			own = append(own, "--peers", strings.Join(peers, ","))
		}
		number := i + 1
		c.Processes = append(c.Processes, gossipkvProcess(r, fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), number), number, address, own...))
	}
	return c
}
