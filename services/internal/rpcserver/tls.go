package rpcserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// TLS names the files of a server's identity, all of them PEM. With none of them, the server speaks
// without TLS.
type TLS struct {
	Cert     string `group:"Security" name:"tls-cert" placeholder:"FILE" help:"Certificate (PEM), with --tls-key; without them no TLS. Changed files are taken up without a restart. The last 30 days of a certificate are a warning in the log; the metric rpcserver_certificate_expiry_seconds has its end."`
	Key      string `group:"Security" name:"tls-key" placeholder:"FILE" help:"Key (PEM) of --tls-cert."`
	ClientCA string `group:"Security" name:"tls-client-ca" placeholder:"FILE" help:"Certificates (PEM) of who may sign those of clients; with it, a client must show one (mutual TLS). The verb healthcheck then asks --http-addr, or without that shows the server's own certificate."`
}

func (t *TLS) enabled() bool { return t.Cert != "" }

func (t *TLS) validate() error {
	if (t.Cert == "") != (t.Key == "") {
		return errors.New("--tls-cert and --tls-key go together; one of them is missing")
	}
	if t.ClientCA != "" && t.Cert == "" {
		return errors.New("--tls-client-ca needs --tls-cert and --tls-key")
	}
	return nil
}

// identity is the TLS configuration that the files hold at present. It looks at the files at each
// handshake, which is cheap beside the handshake itself and needs no clock. Files that cannot be used,
// because they are just being replaced or are broken, leave the last good configuration in place.
//
// (The provider that grpc-go brings for this, pemfile, prints the private key into its log when it does
// not fit the certificate, and polls.)
type identity struct {
	files TLS
	log   *slog.Logger

	mu      sync.Mutex
	stamps  [3]stamp
	config  *tls.Config
	ends    endings
	problem string // what was last logged, so that it is logged once
}

// stamp tells whether a file has changed.
type stamp struct {
	changed time.Time
	size    int64
}

// newIdentity reads the files for the first time. An error names the flag and the file.
func newIdentity(files TLS, log *slog.Logger) (*identity, error) {
	i := &identity{files: files, log: log, stamps: files.stamps()}
	var err error
	if i.config, i.ends, err = files.load(); err != nil {
		return nil, err
	}
	i.ends.warn(log, time.Now())
	return i, nil
}

// server returns the configuration to give to a listener; it follows the files.
func (i *identity) server() *tls.Config {
	return &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			config, _ := i.current()
			return config, nil
		},
	}
}

func (i *identity) current() (*tls.Config, endings) {
	i.mu.Lock()
	defer i.mu.Unlock()
	stamps := i.files.stamps()
	if stamps == i.stamps {
		return i.config, i.ends
	}
	config, ends, err := i.files.load()
	if err != nil {
		if err.Error() != i.problem {
			i.problem = err.Error()
			i.log.Error("the changed TLS files cannot be used; the last good ones stay in use", "error", err)
		}
		return i.config, i.ends
	}
	i.stamps, i.config, i.ends, i.problem = stamps, config, ends, ""
	i.log.Info("took up changed TLS files")
	i.ends.warn(i.log, time.Now())
	return i.config, i.ends
}

func (t *TLS) stamps() (stamps [3]stamp) {
	for i, name := range []string{t.Cert, t.Key, t.ClientCA} {
		if info, err := os.Stat(name); err == nil {
			stamps[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return stamps
}

func (t *TLS) load() (*tls.Config, endings, error) {
	certificate, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", t.Cert, t.Key, err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2"},
	}
	ends := endings{{"server", t.Cert, firstToEnd(parseAll(certificate.Certificate))}}
	if t.ClientCA == "" {
		return config, ends, nil
	}
	authorities, text, err := readAuthorities("--tls-client-ca", t.ClientCA)
	if err != nil {
		return nil, nil, err
	}
	config.ClientCAs = authorities
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, append(ends, ending{"client_ca", t.ClientCA, firstToEnd(parseAll(blocks(text)))}), nil
}

// Authorities returns the certificates in a file, in PEM, which may have signed those of others. Errors name the flag that names the file.
func Authorities(flag, file string) (*x509.CertPool, error) {
	pool, _, err := readAuthorities(flag, file)
	return pool, err
}

// readAuthorities returns the text of the file as well.
func readAuthorities(flag, file string) (*x509.CertPool, []byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", flag, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s: %s holds no certificate in PEM form", flag, file)
	}
	return pool, text, nil
}

// ownClient is how the server's own health check connects to it: with the server's certificate as its
// own, and without checking the server's, which is made for the name that others use. It asks whether
// the server answers, not who it is.
func (t *TLS) ownClient() (credentials.TransportCredentials, error) {
	if !t.enabled() {
		return insecure.NewCredentials(), nil
	}
	certificate, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(&tls.Config{
		Certificates:       []tls.Certificate{certificate},
		InsecureSkipVerify: true,
	}), nil
}
