package relay

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/tallow-transfer/tallow/web"
)

// barePage is served by a program that was built without the browser's client.
//
//go:embed page.html
var barePage string

// clientPolicy returns the Content-Security-Policy of the browser's client. Everything
// is the relay's own, but that it may get sealed bytes from a bucket, if that has an
// origin.
func clientPolicy(bucket string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self'",
		strings.TrimSpace("connect-src 'self' " + bucket), "manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// linkPrefix is before the id in the link of a stored transfer. What is served there is
// the page, whatever the id: programs that look at links learn nothing, and use nothing
// up.
const linkPrefix = "/d/"

const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheBriefly = "no-cache" // it is asked for again, with the ETag
)

// addPages adds the pages for people to the routes: the browser's client, or if
// the program was built without it, a page that says how to get it.
func addPages(mux *http.ServeMux, policy string) {
	// Many relays, such as that of a sender, never show a page.
	serve := sync.OnceValue(func() http.Handler {
		files, built, err := web.Files()
		return newPages(files, built, err, policy)
	})
	for _, pattern := range []string{"/{$}", "/room/{$}", linkPrefix + "{id}", "/" + manifestName, "/" + keeperName, assetsPrefix} {
		mux.Handle(pattern, only(http.MethodGet, func(w http.ResponseWriter, req *http.Request) {
			if strings.HasPrefix(req.URL.Path, linkPrefix) {
				w.Header().Set("X-Robots-Tag", "noindex, nofollow")
			}
			serve().ServeHTTP(w, req)
		}))
	}
}

// newPages returns the handler of the files of the client, or of the page that
// takes its place.
func newPages(all map[string][]byte, built bool, err error, policy string) http.Handler {
	var assets map[string]*asset
	var base string
	if err == nil && built {
		assets, base, err = newAssets(all)
	}
	if err != nil || !built {
		mux := http.NewServeMux()
		mux.HandleFunc("/", serveNothing)
		mux.Handle("/{$}", newBarePage())
		mux.Handle(linkPrefix+"{id}", newBarePage())
		return mux
	}
	serve := func(a *asset, w http.ResponseWriter, req *http.Request, cache string) {
		w.Header().Set("Content-Security-Policy", policy)
		a.serve(w, req, cache)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name, isAsset := strings.CutPrefix(req.URL.Path, base+"/")
		switch {
		case req.URL.Path == "/", req.URL.Path == "/room/", strings.HasPrefix(req.URL.Path, linkPrefix):
			serve(assets[indexName], w, req, cacheBriefly)
		case req.URL.Path == "/"+manifestName, req.URL.Path == "/"+keeperName:
			serve(assets[req.URL.Path[1:]], w, req, cacheBriefly)
		case isAsset && assets[name] != nil:
			serve(assets[name], w, req, cacheForever)
		default:
			serveNothing(w, req)
		}
	})
}

// serve serves an asset.
func (a *asset) serve(w http.ResponseWriter, req *http.Request, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", a.tag)
	h.Set("Vary", "Accept-Encoding")
	if req.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, encoding, err := a.choose(req.Header.Get("Accept-Encoding"))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "internal", "This file cannot be read.")
		return
	}
	h.Set("Content-Type", a.kind)
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if req.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may be gone
	}
}

// newBarePage returns the handler of the page of a program without the client. It
// loads nothing, runs nothing, and its one style sheet is allowed by its hash.
func newBarePage() http.Handler {
	_, style, _ := strings.Cut(barePage, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	hash := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", cacheBriefly)
		if req.Method != http.MethodHead {
			_, _ = w.Write([]byte(barePage)) // the client may be gone
		}
	})
}

func serveNothing(w http.ResponseWriter, _ *http.Request) {
	refuse(w, http.StatusNotFound, "not-found", "There is nothing here.")
}
