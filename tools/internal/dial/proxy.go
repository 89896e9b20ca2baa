package dial

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"

	"numstore.example/contracts/address"
)

// proxy is what gRPC connects with in place of a server.
type proxy struct{ *url.URL }

// proxyOf returns the proxy through which gRPC reaches a server, or nil. gRPC asks the same function: it goes by
// HTTPS_PROXY and NO_PROXY, and never to this machine, nor to a socket. What names no proxy is ignored, with gRPC too.
func proxyOf(server address.Address) *proxy {
	host, _, _ := net.SplitHostPort(server.Name)
	if server.Network != "tcp" || host == "" {
		return nil
	}
	u, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: server.Name}})
	if err != nil || u == nil {
		return nil
	}
	return &proxy{u}
}

// proxyVariable returns the name of the variable that has the proxy.
func proxyVariable() string {
	const name = "HTTPS_PROXY"
	if os.Getenv(name) == "" {
		return "https_proxy"
	}
	return name
}

// address returns the host and port of the proxy; gRPC takes 443 if there is no port.
func (p *proxy) address() string {
	return net.JoinHostPort(p.Hostname(), cmp.Or(p.Port(), "443"))
}

// explain says what the proxy has to do with a server.
func (p *proxy) explain(server address.Address) string {
	host, _, _ := net.SplitHostPort(server.Name)
	return fmt.Sprintf("connections with %s go through the proxy %s that %s names; NO_PROXY=%s goes around it", server, p.address(), proxyVariable(), host)
}
