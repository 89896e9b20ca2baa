package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/reason"
	"numstore.example/contracts/token"
	"numstore.example/tools/internal/dial"
)

// cluster is what all commands want to know; its tags make flags of it.
type cluster struct {
	Service string         `group:"cluster" enum:"raftkv,gossipkv" default:"raftkv" env:"KV_SERVICE" placeholder:"NAME" help:"Which service the servers are of: ${enum} (default ${default})."`
	Servers []string       `group:"cluster" aliases:"addr,server" env:"KV_SERVERS" placeholder:"HOST:PORT" help:"Servers, separated by commas; of raftkv one of a cluster is enough, of gossipkv the first that answers is asked. A server of this machine may have a socket: unix:/path. --server and --addr are the same flag (default localhost:6000, for gossipkv localhost:8000)."`
	Ring    bool           `group:"raftkv" env:"KV_RING" help:"The servers know nothing of each other: kv chooses one by the key, by consistent hashing over --servers in this order. For get, put, delete, scan, count, import, shell and shutdown; kv stat shows how the keys are spread."`
	Timeout *time.Duration `group:"cluster" placeholder:"TIME" help:"How long a call may take, waiting for a server included. By default 5s, for a call of kv pipe or kv import 1m; kv compact takes as long as it needs; kv member gives up when nobody could do what it asks for 30s. A scan or a backup may take longer as long as something comes."`
	Session string         `group:"gossipkv" env:"KV_SESSION" placeholder:"FILE" help:"File that keeps what a session has seen, so that a later command goes on with it, at whichever server. It is made if there is none, and written whole after each command, and only one kv has it at a time. Without it, each command is a session of its own. It has an entry for each key that was written or shown."`
	form

	AdminTokenFile string `group:"security" env:"KV_ADMIN_TOKEN_FILE" placeholder:"FILE" help:"File with a token of the server's --admin-token-file, on its first line, for backup, compact, connect, disconnect, forget, member and shutdown."`
	AdminToken     string `group:"security" env:"KV_ADMIN_TOKEN" placeholder:"TOKEN" help:"The token itself. Whoever can list the processes of this machine sees it in a flag; a file or the environment keeps it."`
	dial.Security  `envprefix:"KV_"`
}

// How long calls may take when --timeout is not given.
const (
	callTimeout = 5 * time.Second
	pipeTimeout = time.Minute // programs are not to notice that a server is started again
)

// check says what is wrong with the first setting that cannot be used, and makes the servers addresses.
func (c *cluster) check() error {
	if c.Servers == nil {
		c.Servers = []string{backends[c.Service].address}
	}
	var servers []string
	for _, server := range c.Servers {
		if strings.TrimSpace(server) == "" {
			continue // what a comma at the end of a list leaves
		}
		address, err := dial.Target(server)
		if err != nil {
			return fmt.Errorf("--servers: %w", err)
		}
		servers = append(servers, address)
	}
	if c.Servers = servers; len(servers) == 0 {
		return errors.New("--servers is empty; name at least one server, as host:port")
	}
	if c.Timeout != nil && *c.Timeout <= 0 {
		return fmt.Errorf("--timeout is %v; it must be above 0", *c.Timeout)
	}
	if err := c.form.check(); err != nil {
		return err
	}
	_, err := c.DialOptions()
	return err
}

// adminToken returns the token of administrative calls, or "" if there is none.
func (c *cluster) adminToken() (secret string, err error) {
	switch {
	case c.AdminToken != "" && c.AdminTokenFile != "":
		return "", errors.New("both --admin-token and --admin-token-file are given, in the environment perhaps; leave one out")
	case c.AdminTokenFile != "":
		tokens, err := token.ReadFile(c.AdminTokenFile)
		if err != nil {
			return "", fmt.Errorf("--admin-token-file: %w", err)
		}
		secret = tokens[0]
	case c.AdminToken != "":
		if secret, err = token.Parse(c.AdminToken); err != nil {
			return "", fmt.Errorf("--admin-token: %w", err)
		}
	}
	return secret, nil
}

// within returns --timeout, or what stands for it.
func (c *cluster) within(standard time.Duration) time.Duration {
	if c.Timeout != nil {
		return *c.Timeout
	}
	return standard
}

// app is what a command works with.
type app struct {
	cluster
	backend  backend
	ctx      context.Context         // of all calls; it ends early when waiting for a server is of no use
	giveUp   context.CancelCauseFunc // ends it
	in       io.Reader
	out, err io.Writer
	onScreen bool // whether out is a terminal
	lasts    bool // whether what calls have seen is to be known to those that follow: in kv shell
}

// newApp returns what a command needs; its ctx lasts until the process ends.
func newApp(c cluster, in io.Reader, out, err io.Writer) *app {
	a := &app{cluster: c, backend: backends[c.Service], in: in, out: out, err: err, onScreen: terminal(out)}
	if c.onRing() {
		a.backend = ringOfRaftkv
	}
	a.ctx, a.giveUp = context.WithCancelCause(context.Background())
	return a
}

// verdict returns the error of a call, or why it was given up: when the only server is there, but it and these settings
// do not go together, the Clerk would try until its deadline.
func (a *app) verdict(err error) error {
	cause := context.Cause(a.ctx)
	if _, known := errors.AsType[unreachable](err); err == nil || cause == nil || known {
		return err
	}
	for _, fate := range []string{"the write did not happen", "the write may have happened"} { // as the Clerk puts it
		if strings.Contains(err.Error(), fate) {
			cause = fmt.Errorf("%w; %s", cause, fate)
		}
	}
	return unreachable{cause}
}

// connect connects with one server.
func (a *app) connect(ctx context.Context, server string, security dial.Security) (*grpc.ClientConn, error) {
	conns, err := dial.Connect(ctx, server, dial.Options{Connections: 1, ConnectTimeout: a.within(callTimeout), Security: security})
	if err != nil {
		return nil, unreachable{err}
	}
	return conns[0], nil
}

// admin connects with a server. The calls carry the administrative token.
func (a *app) admin(ctx context.Context, server string) (*grpc.ClientConn, error) {
	security := a.Security
	secret, err := a.adminToken()
	if err != nil {
		return nil, err
	}
	security.Token = secret
	return a.connect(ctx, server, security)
}

// errSilence is why the context of a watch ends.
var errSilence = errors.New("nothing came")

// watch returns a context that ends when touch was not called for so long: what comes in parts may take
// its time, but the parts may not. Explain is for the error of the call.
func watch(ctx context.Context, limit time.Duration) (_ context.Context, touch, stop func(), explain func(error) error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(errSilence) })
	touch = func() { timer.Reset(limit) }
	stop = func() { timer.Stop(); cancel(nil) }
	explain = func(err error) error {
		if err != nil && errors.Is(context.Cause(ctx), errSilence) {
			return status.Errorf(codes.DeadlineExceeded, "nothing came for %v (%s)", limit, reason.Of(err))
		}
		return err
	}
	return ctx, touch, stop, explain
}
