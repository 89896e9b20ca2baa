package dial

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/token"
)

// Security is how to know the server, and how to be known by it; its tags make flags of it. The names of environment
// variables begin with what the tag envprefix says where it is embedded.
type Security struct {
	TLS           bool   `group:"security" help:"Use TLS, with the system's roots unless --tls-ca is given; any of the flags --tls-… implies it."`
	TLSCA         string `group:"security" name:"tls-ca" placeholder:"FILE" help:"Certificates (PEM) that may have signed the server's."`
	TLSCert       string `group:"security" name:"tls-cert" placeholder:"FILE" help:"Own certificate (PEM), for a server that asks for one; with --tls-key."`
	TLSKey        string `group:"security" name:"tls-key" placeholder:"FILE" help:"Key (PEM) of --tls-cert."`
	TLSServerName string `group:"security" name:"tls-server-name" placeholder:"NAME" help:"Name expected in the server's certificate, when it is not the target's host."`

	ClientTokenFile string `group:"security" env:"CLIENT_TOKEN_FILE" placeholder:"FILE" help:"File with a token of the server's --client-token-file, on its first line; it goes with each call. Without TLS, whoever carries the calls can read it."`

	// Token goes with every call in place of that of ClientTokenFile.
	Token string `kong:"-"`
}

// DialOptions returns what gRPC needs for these settings: no TLS and no token unless they ask for it. Errors name the
// flag.
func (s *Security) DialOptions() ([]grpc.DialOption, error) {
	transport := insecure.NewCredentials()
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(transport)}
	secret := s.Token
	if secret == "" && s.ClientTokenFile != "" {
		tokens, err := token.ReadFile(s.ClientTokenFile)
		if err != nil {
			return nil, fmt.Errorf("--client-token-file: %w", err)
		}
		secret = tokens[0]
	}
	if secret != "" {
		options = append(options, grpc.WithPerRPCCredentials(token.Bearer(secret)))
	}
	return options, nil
}

// config returns the configuration of TLS, or nil if no flag asks for it.
func (s *Security) config() (*tls.Config, error) {
	if !s.TLS && s.TLSCA == "" && s.TLSCert == "" && s.TLSKey == "" && s.TLSServerName == "" {
		return nil, nil
	}
	config := &tls.Config{ServerName: s.TLSServerName}
	if s.TLSCA != "" {
		pem, err := os.ReadFile(s.TLSCA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--tls-ca: %s holds no certificate in PEM form", s.TLSCA)
		}
	}
	if s.TLSCert != "" || s.TLSKey != "" {
		certificate, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}
