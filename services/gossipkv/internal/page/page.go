// Package page shows operators a server in one look: a page for people, which refreshes itself, and the same for programs. It shows what this
// server knows of itself, of its links, and of all servers that there are; nobody else is asked.
//
// What it promises:
//
//   - It is honest. What is not known is said to be so; what the server told, and how long ago, is shown apart from what it does not tell
//     now. What others know is what this server has heard of them: they may know more by now.
//   - A server that is slow, as its disk hangs, does not hold the page up.
//   - What others say is text, as package statuspage has it.
//
// Status is the form of /status.json. It is a contract: fields are added, and never renamed.
package page

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"sync"
	"time"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/internal/statuspage"
)

// Paths is what Mount adds, for the help of --http-addr.
const Paths = "a page of the server's state at /, the same for programs at /status.json, "

var (
	//go:embed page.html
	sections string
	//go:embed page.css
	style string
	//go:embed page.js
	script string

	document = statuspage.NewDocument("gossipkv", sections, style, script)
)

// Page is the page of a server. Until Open and after Close it says that the server is not open.
type Page struct {
	frame statuspage.Frame

	mu      sync.Mutex // of service
	service gossipkvpb.GossipKVServer
	asking  sync.WaitGroup // of those who ask the service; begun while mu is held
}

// Mount adds the page to what serves operators. It may be done before Open, so that somebody who looks meanwhile is told.
func (p *Page) Mount(handle func(pattern string, handler http.Handler)) {
	p.frame.Mount(handle, document)
}

// Open begins to show what a server's own service tells.
func (p *Page) Open(service gossipkvpb.GossipKVServer) {
	p.serve(service)
	status := new(statuspage.Question[*gossipkvpb.StatusResponse])
	p.frame.Open(func(open context.Context) any {
		ctx, cancel := context.WithTimeout(open, statuspage.Patience)
		defer cancel()
		statuspage.Await(ctx, status.Ask(open, p.ask))
		return view(time.Now(), status.Report())
	})
}

// Close ends it. The service is not asked any more, nor being asked: what it needs may be closed then.
func (p *Page) Close() {
	p.frame.Close()
	p.serve(nil)
	p.asking.Wait()
}

func (p *Page) serve(service gossipkvpb.GossipKVServer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.service = service
}

var errClosed = errors.New("this server is stopping")

func (p *Page) ask(ctx context.Context) (*gossipkvpb.StatusResponse, error) {
	p.mu.Lock()
	service := p.service
	if service == nil {
		p.mu.Unlock()
		return nil, errClosed
	}
	p.asking.Add(1)
	p.mu.Unlock()
	defer p.asking.Done()
	return service.Status(ctx, &gossipkvpb.StatusRequest{})
}
