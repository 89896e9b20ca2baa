package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

var (
	//go:embed page.html
	markup string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// document is the page: one file, made of three, and policy is what a browser may do with it: run this script, use this
// style, ask where the page came from. Whatever got into the page in spite of all could load nothing and tell nobody.
var (
	document = strings.NewReplacer("/*style*/", style, "/*script*/", script).Replace(markup)
	policy   = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; connect-src 'self'; img-src data:" +
		"; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'"
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func serveDocument(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.Write([]byte(document))
}
