package peer

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// ParsePeers reads a list of nodes, each NUMBER=HOST:PORT, which must have this node among them. An error says which of them
// cannot be used, and why.
func ParsePeers(list []string, self storage.NodeID) (map[storage.NodeID]string, error) {
	addresses := make(map[storage.NodeID]string, len(list))
	numbers := make(map[string]storage.NodeID, len(list))
	for _, part := range list {
		number, address, found := strings.Cut(part, "=")
		if !found {
			return nil, fmt.Errorf("%q is no node; one is NUMBER=HOST:PORT, such as 1=kv1.example:6000", part)
		}
		id, err := parseNumber(number)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", part, err)
		}
		if err := checkAddress(address); err != nil {
			return nil, fmt.Errorf("%q: %w", part, err)
		}
		if _, known := addresses[id]; known {
			return nil, fmt.Errorf("node %d is there twice", id)
		}
		if other, known := numbers[address]; known {
			return nil, fmt.Errorf("nodes %d and %d have the same address, %s", other, id, address)
		}
		addresses[id], numbers[address] = address, id
	}
	if _, known := addresses[self]; !known {
		return nil, fmt.Errorf("node %d, which is this one, is not among the nodes %v", self, slices.Sorted(maps.Keys(addresses)))
	}
	return addresses, nil
}

func parseNumber(text string) (storage.NodeID, error) {
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil || number < 1 || number > shard.MaxNode {
		return 0, fmt.Errorf("%q is no number of a node; it may be 1 to %d", text, uint64(shard.MaxNode))
	}
	return storage.NodeID(number), nil
}

// checkAddress checks HOST:PORT, where others reach a node: neither part may be left to the system.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address; one is HOST:PORT, such as kv1.example:6000 or [::1]:6000", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return fmt.Errorf("the address %q has no host that others could connect to", address)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fmt.Errorf("the address %q has the port %q; it must be 1 to 65535", address, port)
	}
	return nil
}

// numbers returns those of the nodes that this one was told of, and its own.
func (p *Peers) numbers(self storage.NodeID) []storage.NodeID {
	numbers := map[storage.NodeID]string{self: ""}
	maps.Copy(numbers, p.config.Addresses)
	return slices.Sorted(maps.Keys(numbers))
}
