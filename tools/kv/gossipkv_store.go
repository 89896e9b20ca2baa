package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"numstore.example/contracts/gossipkv"
	"numstore.example/tools/internal/dial"
)

// sessionStore is gossipkv as a store: a session at one server.
type sessionStore struct {
	*app
	client  *gossipkv.Client
	session *gossipkv.Session
	file    *sessionFile // nil: the session ends with the process
	stop    func()       // lets signals end the process again
}

// openSession has the session of --session, or a new one, go on at the first of --servers that answers.
func openSession(a *app) (store, error) {
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	server, err := a.firstAnswering(ctx)
	if err != nil {
		return nil, err
	}
	options, err := a.DialOptions()
	if err != nil {
		return nil, err
	}
	s := &sessionStore{app: a, stop: func() {}}
	if s.client, err = gossipkv.Dial([]string{server}, options...); err != nil {
		return nil, err
	}
	seen := new(gossipkv.Seen)
	if a.Session != "" {
		if s.file, seen, err = openSessionFile(ctx, a.Session); err != nil {
			s.client.Close()
			return nil, failure{err}
		}
		if !a.lasts { // a shell keeps its session after each line
			s.stop = a.heedSignals()
		}
	}
	s.session = s.client.Session(seen)
	return s, nil
}

// firstAnswering returns the first of --servers with which a connection comes about. Each has its share of the time.
func (a *app) firstAnswering(ctx context.Context) (string, error) {
	deadline, _ := ctx.Deadline()
	var reasons error
	for i, server := range a.Servers {
		share := time.Until(deadline) / time.Duration(len(a.Servers)-i)
		conns, err := dial.Connect(ctx, server, dial.Options{Connections: 1, ConnectTimeout: share, Security: a.Security})
		if err == nil {
			dial.Close(conns)
			return server, nil
		}
		reasons = and(reasons, err)
	}
	return "", unreachable{reasons}
}

// gossipkvVersion is a version as JSON has it: as the contract does.
type gossipkvVersion gossipkv.Version

// String is the version for people: time@server#incarnation.
func (v gossipkvVersion) String() string { return gossipkv.Version(v).String() }

// MarshalJSON returns an object.
func (v gossipkvVersion) MarshalJSON() ([]byte, error) {
	return json.Marshal(messageFields(gossipkv.Version(v).Message()))
}

func (s *sessionStore) greet(ctx context.Context) error {
	_, err := s.session.Status(ctx)
	return err
}

func (s *sessionStore) put(ctx context.Context, key, value []byte, _ wishes) (written, error) {
	version, err := s.session.Put(ctx, key, value)
	s.forget(key)
	return written{version: gossipkvVersion(version)}, withFate(err)
}

func (s *sessionStore) delete(ctx context.Context, key []byte, _ wishes) (written, error) {
	version, err := s.session.Delete(ctx, key)
	s.forget(key)
	return written{version: gossipkvVersion(version)}, withFate(err)
}

// forget has a session that ends with the command forget a key, or memory would hold all that a long command is about. Such a command reads no
// key again, and its writes win over all that it has seen, as the session's time stays.
func (s *sessionStore) forget(key []byte) {
	if s.file == nil && !s.lasts {
		s.session.Seen().Forget(key)
	}
}

// withFate says of a write that failed whether it may have happened.
func withFate(err error) error {
	switch {
	case err == nil:
		return nil
	case gossipkv.MayHaveHappened(err):
		return fmt.Errorf("%w; the write may have happened, and the session does not know of it", err)
	}
	return fmt.Errorf("%w; the write did not happen", err)
}

func (s *sessionStore) get(ctx context.Context, key []byte) (pair, error) {
	found, err := s.session.Get(ctx, key)
	if errors.Is(err, gossipkv.ErrNoValue) {
		return pair{}, errMissing
	}
	return pair{key, found.Value, gossipkvVersion(found.Version)}, forPeople(err)
}

// forPeople puts into words that a server does not have yet what the session has seen. Other errors are as they were.
func forPeople(err error) error {
	lacking, ok := errors.AsType[*gossipkv.UnmetError](err)
	if !ok {
		return err
	}
	return unmet{fmt.Errorf("dependency not met: the server %s does not have yet what the session has seen of the key %s, version %v; ask again later, or another server (--servers)",
		lacking.Server, quotedKey(string(lacking.Key)), lacking.Seen)}
}

// scan returns what the server has, and at its end an error if some of that is older than what the session has seen, or missing.
func (s *sessionStore) scan(ctx context.Context, r keyRange) iter.Seq2[pair, error] {
	dump := s.session.Dump(ctx, gossipkv.Range{Prefix: r.prefix, After: r.after, Limit: r.limit, KeysOnly: r.keysOnly})
	return func(yield func(pair, error) bool) {
		var first error
		lacking := 0
		for p, err := range dump {
			if errors.Is(err, gossipkv.ErrDependencyNotMet) {
				if lacking++; first == nil {
					first = err
				}
				continue
			}
			if !yield(pair{p.Key, p.Value, gossipkvVersion(p.Version)}, err) || err != nil {
				return
			}
			s.forget(p.Key)
		}
		if lacking > 1 {
			yield(pair{}, unmet{fmt.Errorf("%d keys are left out, the first: %w", lacking, forPeople(first))})
		} else if lacking == 1 {
			yield(pair{}, forPeople(first))
		}
	}
}

func (s *sessionStore) status(ctx context.Context, out io.Writer) error {
	status, err := s.session.Status(ctx)
	if err != nil {
		return err
	}
	return printStatus(out, status)
}

func (s *sessionStore) commands() map[string]command {
	return map[string]command{
		"use": {1, "HOST:PORT", "go on at another server, with what was seen", func(_ *shell, ctx context.Context, address, _ []byte) error {
			return s.use(ctx, string(address))
		}},
	}
}

// use has the session go on at another server, if it answers.
func (s *sessionStore) use(ctx context.Context, text string) error {
	server, err := dial.Target(text)
	if err != nil {
		return err
	}
	conn, err := s.connect(ctx, server, s.Security)
	if err != nil {
		return failure{errors.New(message(err))} // and not that no server answers: the one until now is still there
	}
	conn.Close()
	return s.session.Use(server)
}

func (s *sessionStore) keep() error {
	if s.file == nil {
		return nil
	}
	if err := s.file.keep(s.session.Seen().String()); err != nil {
		return failure{fmt.Errorf("what was done is done, but the session was not kept in %s: %w", s.Session, err)}
	}
	return nil
}

func (s *sessionStore) close() error {
	err := s.keep()
	s.stop()
	if s.file != nil {
		s.file.close()
	}
	s.client.Close()
	return err
}
