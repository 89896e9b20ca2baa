package kvserver

import (
	"context"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Places bounds the scans and backups that run at a time, and the memory of the large values that scans have on
// their way. Each scan keeps the moment that it shows from being cleaned up, on disk and in memory, and lasts as
// long as its client takes.
//
// A client, that is a machine, has at most a quarter of both, so that one that does not take what it asked for does
// not lock others out; and one place is kept for a backup.
type Places struct {
	limit   int // of scans and backups together
	share   int // of scans of one client
	large   *semaphore.Weighted
	ofOne   int64         // bytes of large that a client may have
	timeout time.Duration // for which a scan waits for room
	resume  string        // the field of a request that makes a scan go on after a key

	mu      sync.Mutex
	taken   int
	clients map[string]*scanning
}

// scanning is a client with scans that run.
type scanning struct {
	client string
	scans  int
	large  *semaphore.Weighted
}

// shares is how many clients it takes to use up all places.
const shares = 4

// NewPlaces makes places for so many scans and backups. The greatest pair of a scan, in bytes, is what a client may have
// on its way at a time. A client that takes nothing of a scan for the timeout is told that it can go on with a field of its request, resume.
func NewPlaces(limit int, greatest int64, timeout time.Duration, resume string) *Places {
	return &Places{
		limit: limit, share: max(limit/shares, 1),
		large: semaphore.NewWeighted(shares * greatest), ofOne: greatest, timeout: timeout, resume: resume,
		clients: map[string]*scanning{},
	}
}

// clientOf names the machine that a call comes from. All who come through a file are one.
func clientOf(ctx context.Context) string {
	caller, ok := peer.FromContext(ctx)
	if !ok || caller.Addr == nil || caller.Addr.Network() == "unix" {
		return ""
	}
	host, _, err := net.SplitHostPort(caller.Addr.String())
	if err != nil {
		return caller.Addr.String()
	}
	return host
}

// enterScan takes a place for a scan of a client, which is to be given back with leaveScan.
func (p *Places) enterScan(client string) (*scanning, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.limit-1 {
		return nil, status.Errorf(codes.ResourceExhausted, "%d scans run already, which is the limit; try again later", p.taken)
	}
	s := p.clients[client]
	switch {
	case s == nil:
		s = &scanning{client: client, large: semaphore.NewWeighted(p.ofOne)}
		p.clients[client] = s
	case s.scans >= p.share:
		return nil, status.Errorf(codes.ResourceExhausted,
			"%d scans of this client run already, which is the limit for one; take or end those, and try again later", s.scans)
	}
	p.taken++
	s.scans++
	return s, nil
}

func (p *Places) leaveScan(s *scanning) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if s.scans--; s.scans == 0 {
		delete(p.clients, s.client)
	}
}

// EnterBackup takes a place for a backup, which is to be given back with LeaveBackup.
func (p *Places) EnterBackup() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.limit {
		return status.Errorf(codes.ResourceExhausted, "%d scans and backups run already, which is the limit; try again later", p.taken)
	}
	p.taken++
	return nil
}

func (p *Places) LeaveBackup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
}

// hold takes room for a large pair of a client's scan, and returns what gives it back.
func (p *Places) hold(ctx context.Context, s *scanning, size int64) (release func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	size = min(size, p.ofOne)
	if err = s.large.Acquire(waiting, size); err == nil {
		if err = p.large.Acquire(waiting, size); err != nil {
			s.large.Release(size)
		}
	}
	if err == nil {
		return sync.OnceFunc(func() { p.large.Release(size); s.large.Release(size) }), nil
	}
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return nil, status.Errorf(codes.ResourceExhausted,
		"for %v there was no room for a pair of %d bytes: clients do not take what their scans have sent; go on later after the last key that came (%s)", p.timeout, size, p.resume)
}
