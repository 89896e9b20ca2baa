package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"numstore.example/contracts/address"
	"numstore.example/contracts/token"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/numstore/internal/etcd"
	"numstore.example/services/numstore/internal/raftkv"
	"numstore.example/services/numstore/internal/remote"
	"numstore.example/services/numstore/internal/server"
)

// engineFlags say where the numbers are. Those that etcdctl has too can also be given as its environment variables.
type engineFlags struct {
	Engine string        `group:"Engine" placeholder:"URL" help:"Keep the numbers in an engine outside of the process, which several numstores may share: etcd://HOST:PORT,HOST:PORT,... is an etcd cluster, raftkv://HOST:PORT,... one of raftkv (default: in memory; a restart starts empty). --workers is then 1024 unless it is given."`
	Prefix string        `group:"Engine" name:"engine-prefix" default:"numstore/" placeholder:"TEXT" help:"What the keys of numstore's rows in the engine begin with. No others may (default ${default})."`
	Wait   time.Duration `group:"Engine" name:"engine-wait" default:"30s" placeholder:"TIME" help:"How long a start waits for the engine (default ${default})."`

	CACert   string `group:"Engine" name:"engine-cacert" env:"NUMSTORE_ENGINE_CACERT,ETCDCTL_CACERT" placeholder:"FILE" help:"Certificates (PEM) that may have signed the engine's; with it, or with --engine-cert or --engine-tls, the engine is spoken to with TLS."`
	Cert     string `group:"Engine" name:"engine-cert" env:"NUMSTORE_ENGINE_CERT,ETCDCTL_CERT" placeholder:"FILE" help:"Own certificate (PEM) for an engine that asks for one, with --engine-key. Changed files are taken up by the next connection."`
	Key      string `group:"Engine" name:"engine-key" env:"NUMSTORE_ENGINE_KEY,ETCDCTL_KEY" placeholder:"FILE" help:"Key (PEM) of --engine-cert."`
	TLS      bool   `group:"Engine" name:"engine-tls" help:"Speak to the engine with TLS, with the system's roots unless --engine-cacert is given."`
	User     string `group:"Engine" name:"engine-user" env:"NUMSTORE_ENGINE_USER,ETCDCTL_USER" placeholder:"NAME[:PASSWORD]" help:"User of etcd (default: none)."`
	Token    string `group:"Engine" name:"engine-token-file" placeholder:"FILE" help:"File with a token of raftkv's --client-token-file, on its first line."`
	Password string `group:"Engine" name:"engine-password" env:"NUMSTORE_ENGINE_PASSWORD,ETCDCTL_PASSWORD" placeholder:"PASSWORD" help:"Password of --engine-user, better given as a variable of the environment: others on the machine can see a command line."`
}

// remote says whether the numbers are in an engine.
func (f *engineFlags) remote() bool { return f.Engine != "" }

// check says what is wrong with the first setting that cannot be used.
func (f *engineFlags) check() error {
	switch {
	case f.Wait < 0:
		return fmt.Errorf("--engine-wait is %v; it must be at least 0", f.Wait)
	case !f.remote():
		return nil
	case (f.Cert == "") != (f.Key == ""):
		return errors.New("--engine-cert and --engine-key go together; one of them is missing")
	}
	kind, _, err := f.servers()
	if err != nil {
		return err
	}
	user, password := f.login()
	switch {
	case kind == kindEtcd && f.Token != "":
		return errors.New("--engine-token-file is for raftkv; for etcd there is --engine-user")
	case kind == kindEtcd && user == "" && password != "":
		return errors.New("--engine-password needs --engine-user")
	case kind == kindEtcd && user != "" && password == "":
		return errors.New("--engine-user needs a password: NAME:PASSWORD, or --engine-password")
	case kind == kindRaftkv:
		if err := raftkv.CheckPrefix(f.Prefix); err != nil {
			return fmt.Errorf("--engine-prefix is %q: %w", f.Prefix, err)
		}
	}
	return nil
}

// The kinds of engines, as the scheme of --engine has them.
const (
	kindEtcd   = "etcd"
	kindRaftkv = "raftkv"
)

// login returns the user and the password.
func (f *engineFlags) login() (user, password string) {
	user, password, _ = strings.Cut(f.User, ":")
	if f.Password != "" {
		user, password = f.User, f.Password
	}
	return user, password
}

// servers returns what kind of engine there is, and where.
func (f *engineFlags) servers() (kind string, servers []string, err error) {
	kind, rest, ok := strings.Cut(f.Engine, "://")
	if !ok || kind != kindEtcd && kind != kindRaftkv {
		return "", nil, fmt.Errorf("--engine is %q; it must be etcd://HOST:PORT,HOST:PORT,... or raftkv://HOST:PORT,..., or be left out for memory", f.Engine)
	}
	for text := range strings.SplitSeq(rest, ",") {
		server, err := address.Parse(text)
		if err == nil && kind == kindEtcd && server.Network != "tcp" {
			err = fmt.Errorf("%q is no address of a member of etcd; it must be host:port", text)
		}
		if err != nil {
			return "", nil, fmt.Errorf("--engine: %w", err)
		}
		servers = append(servers, server.String())
	}
	return kind, servers, nil
}

// engine is a remote.Engine that main closes.
type engine interface {
	remote.Engine
	io.Closer
}

// connect returns the engine, which connects with the first call.
func (f *engineFlags) connect() (engine, error) {
	kind, servers, err := f.servers()
	if err != nil {
		return nil, rpcserver.Misuse(err)
	}
	security, err := f.tls()
	if err != nil {
		return nil, rpcserver.Misuse(err)
	}
	if kind == kindEtcd {
		user, password := f.login()
		return etcd.New(etcd.Config{Endpoints: servers, Prefix: f.Prefix, TLS: security, User: user, Password: password}), nil
	}
	config := raftkv.Config{Servers: servers, Prefix: f.Prefix, TLS: security}
	if f.Token != "" {
		tokens, err := token.ReadFile(f.Token)
		if err != nil {
			return nil, rpcserver.Misuse(fmt.Errorf("--engine-token-file: %w", err))
		}
		config.Token = tokens[0]
	}
	engine, err := raftkv.New(config)
	if err != nil {
		return nil, rpcserver.Misuse(err)
	}
	return engine, nil
}

// tls returns how to speak TLS, or nil for not at all.
func (f *engineFlags) tls() (*tls.Config, error) {
	if !f.TLS && f.CACert == "" && f.Cert == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CACert != "" {
		authorities, err := rpcserver.Authorities("--engine-cacert", f.CACert)
		if err != nil {
			return nil, err
		}
		config.RootCAs = authorities
	}
	if f.Cert != "" {
		own := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
			if err != nil {
				err = fmt.Errorf("--engine-cert and --engine-key: %w", err)
			}
			return &pair, err
		}
		if _, err := own(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = own
	}
	return config, nil
}

// open opens the store in the engine that the flags name.
func (f *flags) open(ctx context.Context, rpc *rpcserver.Server) (rpcserver.Service, error) {
	engine, err := f.connect()
	if err != nil {
		return rpcserver.Service{}, err
	}
	store, err := remote.Open(ctx, engine, f.MaxKeys, f.Wait, rpc.Logger())
	if err != nil {
		engine.Close()
		return rpcserver.Service{}, err
	}
	maxKey := min(f.MaxKey, store.MaxKey())
	if maxKey < f.MaxKey {
		rpc.Logger().Warn("the engine takes no longer keys than this", "bytes", maxKey, "--max-key", f.MaxKey)
	}
	server.Register(rpc, rpc.Metrics(), store, maxKey)
	watching, stop := context.WithCancel(context.Background())
	go store.Watch(watching, func(problem error) {
		rpc.Pause(problem != nil)
		if problem != nil {
			rpc.Logger().Error("not serving for now", "error", problem)
		} else {
			rpc.Logger().Info("serving again: the engine answers", "engine", engine.String())
		}
	})
	return rpcserver.Service{Close: func() error {
		stop()
		store.Close()
		return engine.Close()
	}}, nil
}

// verifyVerb compares the values in an engine with the total.
func (f *flags) verifyVerb() rpcserver.Verb {
	return rpcserver.Verb{
		Name:  "verify",
		Help:  "Add up the values in the engine, and compare with the total; status 0 if they agree. It only reads, and can run beside servers.",
		Flags: &struct{}{},
		Run: func(ctx context.Context, _ *slog.Logger, out io.Writer) error {
			if !f.remote() {
				return rpcserver.Misuse(errors.New("verify needs --engine: what a numstore has in memory, nobody else can read"))
			}
			engine, err := f.connect()
			if err != nil {
				return err
			}
			defer engine.Close()
			ctx, cancel := context.WithTimeout(ctx, f.Wait)
			defer cancel()
			sum, err := remote.Verify(ctx, engine)
			if err == nil {
				fmt.Fprintf(out, "%s: %d keys add up to %d, as the total says\n", engine, sum.Keys, sum.Total)
			}
			return err
		},
	}
}
