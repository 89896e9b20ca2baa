package main

import (
	"context"

	"numstore.example/contracts/raftkv"
)

type appendCommand struct {
	Key string `arg:"" help:"The key."`
	content
	expectation
	previously
}

// Run appends to the key's value.
func (c *appendCommand) Run(a *app) error {
	key, value, err := c.keyed(a, c.Key)
	if err != nil {
		return err
	}
	return a.call(func(ctx context.Context, clerk *raftkv.Clerk) error {
		r, err := clerk.Append(ctx, key, value, c.options(previously{})...)
		if err != nil {
			return err
		}
		return c.report(a, key, r.Version, r.Existed, r.Previous)
	})
}
