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
	var w written
	err = a.withClerk(func(ctx context.Context, clerk *raftkv.Clerk) error {
		r, err := clerk.Append(ctx, key, value, writeOptions(c.wishes(previously{}))...)
		w = wrote(r.Version, r.Existed, r.Previous, c.Previous)
		return err
	})
	if err != nil {
		return err
	}
	return c.report(a, key, w)
}
