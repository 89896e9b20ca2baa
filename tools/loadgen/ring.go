package main

import (
	"fmt"

	"numstore.example/tools/internal/ring"
	"numstore.example/tools/loadgen/internal/service"
)

// ringOf is the ring of some servers, in their order.
func ringOf(servers []service.Server) (*ring.Ring, error) {
	var names []string
	for _, server := range servers {
		names = append(names, server.Addr)
	}
	placed, err := ring.New(names)
	if err != nil {
		return nil, fmt.Errorf("--ring: %w", err)
	}
	return placed, nil
}
