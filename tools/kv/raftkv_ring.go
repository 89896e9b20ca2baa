package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"numstore.example/tools/internal/ring"
)

// ringOfRaftkv is what --ring makes of raftkv: servers that know nothing of each other, among which kv chooses by the key.
var ringOfRaftkv = backend{"raftkv", backends["raftkv"].address, openRing, statRing, shutdownRing}

// onRing says whether --ring counts: in the environment it is there for gossipkv, too, as others are.
func (c *cluster) onRing() bool { return c.Ring && c.Service == "raftkv" }

// ringLacks returns an error if a verb needs a cluster: it asks for what servers that know nothing of each other cannot tell or do.
func (a *app) ringLacks(line *kong.Context) error {
	verb := line.Selected()
	if group := verb.ClosestGroup(); a.onRing() && group != nil {
		return fmt.Errorf("%s does not go with --ring, whose servers know nothing of each other; leave --ring out, and name one server", verb.Path())
	}
	return nil
}

// ringStore is independent servers of raftkv as one store. A server is asked only when it is needed, so a key can be read and
// written as long as its own server runs.
type ringStore struct {
	*app
	ring    *ring.Ring
	members []func() (*clerkStore, error) // in the order of the ring; connects the first time

	mu     sync.Mutex
	opened []*clerkStore // guarded by mu
}

func openRing(a *app) (store, error) { return newRing(a) }

func newRing(a *app) (*ringStore, error) {
	placed, err := ring.New(a.Servers)
	if err != nil {
		return nil, fmt.Errorf("--servers: %w", err)
	}
	r := &ringStore{app: a, ring: placed}
	for _, server := range a.Servers {
		r.members = append(r.members, sync.OnceValues(func() (*clerkStore, error) {
			clerk, err := a.clerkOf([]string{server})
			if err != nil {
				return nil, err
			}
			member := &clerkStore{a, clerk}
			r.mu.Lock()
			r.opened = append(r.opened, member)
			r.mu.Unlock()
			return member, nil
		}))
	}
	return r, nil
}

// at has the server of a key do something.
func at[T any](r *ringStore, key []byte, do func(*clerkStore) (T, error)) (T, error) {
	place := r.ring.Place(key)
	member, err := r.members[place]()
	if err != nil {
		return *new(T), err
	}
	result, err := do(member)
	return result, r.of(place, err)
}

// of has an error say whose it is; others look at errMissing as it is.
func (r *ringStore) of(place int, err error) error {
	if err == nil || err == errMissing {
		return err
	}
	return fmt.Errorf("%s, of the ring: %w", r.ring.Servers()[place], err)
}

// everyone has all servers do something at the same time, and returns what became of each, in their order.
func (r *ringStore) everyone(do func(place int, member *clerkStore) error) []error {
	failed := make([]error, len(r.members))
	var all sync.WaitGroup
	for place := range r.members {
		all.Go(func() {
			member, err := r.members[place]()
			if err == nil {
				err = do(place, member)
			}
			failed[place] = r.of(place, err)
		})
	}
	all.Wait()
	return failed
}

func (r *ringStore) greet(ctx context.Context) error {
	return cmp.Or(r.everyone(func(_ int, member *clerkStore) error { return member.greet(ctx) })...)
}

func (r *ringStore) put(ctx context.Context, key, value []byte, w wishes) (written, error) {
	return at(r, key, func(member *clerkStore) (written, error) { return member.put(ctx, key, value, w) })
}

func (r *ringStore) delete(ctx context.Context, key []byte, w wishes) (written, error) {
	return at(r, key, func(member *clerkStore) (written, error) { return member.delete(ctx, key, w) })
}

func (r *ringStore) get(ctx context.Context, key []byte) (pair, error) {
	return at(r, key, func(member *clerkStore) (pair, error) { return member.get(ctx, key) })
}

// holding is how many keys a server has, or why it does not say.
type holding struct {
	server string
	keys   uint64
	err    error
}

// holdings asks all servers how many keys they have.
func (r *ringStore) holdings(ctx context.Context) []holding {
	all := make([]holding, len(r.members))
	failed := r.everyone(func(place int, member *clerkStore) error {
		stat, err := member.clerk.Stat(ctx)
		all[place].keys = stat.GetKeys()
		return err
	})
	for place, server := range r.ring.Servers() {
		all[place].server, all[place].err = server, failed[place]
	}
	return all
}

// silent returns an error that names the servers which did not say what they have, if there are any.
func silent(all []holding) error {
	var fates []fate
	for _, h := range all {
		fates = append(fates, fate{h.server, h.err})
	}
	return verdictOfAll("servers", fates)
}

// status shows how the keys are spread.
func (r *ringStore) status(ctx context.Context, out io.Writer) error {
	all := r.holdings(ctx)
	var total uint64
	for _, h := range all {
		total += h.keys
	}
	lines := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(lines, "server\tkeys\tshare")
	for _, h := range all {
		if h.err != nil {
			fmt.Fprintf(lines, "%s\t%s\t\n", h.server, words(h.err))
			continue
		}
		fmt.Fprintf(lines, "%s\t%d\t%.1f %%\n", h.server, h.keys, 100*float64(h.keys)/float64(max(total, 1)))
	}
	if err := flush(lines); err != nil {
		return err
	}
	return silent(all)
}

// statRing prints how the keys are spread, whether all are asked for or not: it is all servers that make the ring.
func statRing(a *app, _ bool) error {
	r, err := newRing(a)
	if err != nil {
		return err
	}
	defer r.close()
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	if !a.json() {
		return r.status(ctx, a.out)
	}
	all := r.holdings(ctx)
	for _, h := range all {
		o := object{}.with("server", h.server).with("keys", h.keys)
		if h.err != nil {
			o = object{}.with("server", h.server).with("error", words(h.err))
		}
		if err := a.write(o.line()); err != nil {
			return err
		}
	}
	return silent(all)
}

// shutdownRing asks the first server to stop, or all, each by itself and at the same time.
func shutdownRing(a *app, all bool) error {
	placed, err := ring.New(a.Servers)
	if err != nil {
		return fmt.Errorf("--servers: %w", err)
	}
	if !all {
		return shutdownRaftkv(a, false)
	}
	told := make([]fate, len(placed.Servers()))
	var everyone sync.WaitGroup
	for place, server := range placed.Servers() {
		everyone.Go(func() {
			ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
			defer cancel()
			told[place] = fate{server, a.shutdown(ctx, server, true)}
		})
	}
	everyone.Wait()
	return verdictOfAll("servers", told)
}

// commands are none beside those of every store.
func (r *ringStore) commands() map[string]command { return nil }

// keep has nothing to do: Clerks leave nothing behind.
func (r *ringStore) keep() error { return nil }

func (r *ringStore) close() error {
	for _, member := range r.opened {
		member.close()
	}
	return nil
}
