// Package page shows operators a cluster in one look: a page for people, which refreshes itself, and the same for programs.
// Any node shows all of the cluster, as it sees it: it asks itself and the others (Source), at most once a second however
// many look on, and not at all when nobody does.
//
// What it promises:
//
//   - It is honest. What is not known is said to be so; what a node told, and how long ago, is shown apart from what it
//     does not tell now.
//   - A node that is slow, or silent, holds nothing up: a view waits a quarter of a second for answers, and shows what there is.
//   - What others say is text. Their addresses, errors and versions are cut short and stripped of what does not print,
//     and never become a part of the document.
//   - The page is one document, which needs nothing from elsewhere, and its policy lets it load and send nothing elsewhere.
//
// Status is the form of /status.json. It is a contract: fields are added, and never renamed.
package page

import (
	"context"
	_ "embed"
	"net/http"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// Paths is what Mount adds, for the help of --http-addr.
const Paths = "a page of the cluster's state at /, the same for programs at /status.json, "

// Page is the page of a node. Until Open and after Close it says that the node is not open.
type Page struct{ frame statuspage.Frame }

var (
	//go:embed page.html
	sections string
	//go:embed page.css
	style string
	//go:embed page.js
	script string

	document = statuspage.NewDocument("raftkv", sections, style, script)
)

// Mount adds the page to what serves operators. It may be done before Open, so that somebody who looks meanwhile is told.
func (p *Page) Mount(handle func(pattern string, handler http.Handler)) {
	p.frame.Mount(handle, document)
}

// Open begins to show what a source tells.
func (p *Page) Open(config Config) {
	c := &collector{config: config, topology: new(statuspage.Question[*raftkvpb.TopologyResponse]), nodes: make(map[uint64]*statuspage.Question[*raftkvpb.StatResponse])}
	p.frame.Open(func(ctx context.Context) any { return c.look(ctx) })
}

// Close ends all that is asked, and waits for nobody: whoever ignores the end of his context is left alone.
func (p *Page) Close() { p.frame.Close() }
