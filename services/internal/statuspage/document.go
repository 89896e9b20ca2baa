package statuspage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

var (
	//go:embed frame.html
	frameMarkup string
	//go:embed frame.css
	frameStyle string
	//go:embed frame.js
	frameScript string
)

// Document is a page for people: one file, made of what all status pages have and of what a service adds. Its policy is what a browser may
// do with it: run this script, use this style, ask where the page came from. Whatever got into the page in spite of all could load
// nothing and tell nobody.
type Document struct{ text, policy string }

// NewDocument returns the page of a service: sections are elements below the tiles, style and script are added to those of
// all pages. The script fills the sections, and ends with begin (see frame.js).
func NewDocument(name, sections, style, script string) *Document {
	style, script = frameStyle+style, frameScript+script
	return &Document{
		text: strings.NewReplacer("/*name*/", name, "<!--sections-->\n", sections, "/*style*/", style, "/*script*/", script).Replace(frameMarkup),
		policy: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; connect-src 'self'; img-src data:" +
			"; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'",
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// ServeHTTP implements http.Handler.
func (d *Document) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", d.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.Write([]byte(d.text))
}
