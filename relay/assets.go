package relay

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"maps"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The browser's client is a set of files that never change while the program
// runs. They are under a name that contains the hash of all of them, so that a
// browser may keep them for as long as it likes and never mixes two versions.
const (
	assetsPrefix = "/assets/"
	indexName    = "index.html"
	manifestName = "manifest.webmanifest"
	keeperName   = "service-worker.js"
	sumName      = "tallow.wasm.sha256" // the hash of the program, for people
	pageSumName  = "page.sha256"        // that of all files of the page
)

// encodings are those in which an asset may be at hand, best first, with the ends
// of the names of files that were compressed when the program was built.
func encodings() []struct{ name, suffix string } {
	return []struct{ name, suffix string }{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}
}

// asset is one file.
type asset struct {
	kind   string            // the Content-Type
	bodies map[string][]byte // by Content-Encoding; "" may be missing
	tag    string            // the ETag
}

// newAssets makes assets of files. The page, the manifest and the service worker are
// told where the others are.
func newAssets(all map[string][]byte) (assets map[string]*asset, base string, err error) {
	base = assetsPrefix + hashOf(all)
	assets = make(map[string]*asset)
	for name, body := range all {
		name, encoding := splitEncoding(name)
		if strings.HasPrefix(name, ".") {
			continue
		}
		a := assets[name]
		if a == nil {
			a = &asset{kind: kindOf(name), bodies: make(map[string][]byte)}
			assets[name] = a
		}
		a.bodies[encoding] = body
	}
	places := strings.NewReplacer(
		"{{assets}}", base,
		"{{files}}", strings.Join(placesOf(assets, base), " "),
		"{{wasm-sha256}}", html.EscapeString(strings.TrimSpace(string(all[sumName]))),
		"{{page-sha256}}", html.EscapeString(strings.TrimSpace(string(all[pageSumName]))),
	)
	for _, name := range atTheRoot() {
		a := assets[name]
		if a == nil {
			return nil, "", fmt.Errorf("the browser's client has no %s", name)
		}
		a.bodies[""] = []byte(places.Replace(string(a.bodies[""])))
	}
	for _, a := range assets {
		if err := a.complete(); err != nil {
			return nil, "", err
		}
	}
	return assets, base, nil
}

// atTheRoot returns the names of the assets that are not under a name with a hash:
// browsers look for them at one place. The page is at "/".
func atTheRoot() []string { return []string{indexName, manifestName, keeperName} }

// placesOf returns the paths of all other assets.
func placesOf(assets map[string]*asset, base string) (places []string) {
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		if !slices.Contains(atTheRoot(), name) && name != sumName && name != pageSumName {
			places = append(places, base+"/"+name)
		}
	}
	return places
}

// hashOf returns a hash of the names and contents of files.
func hashOf(all map[string][]byte) string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		sum := sha256.Sum256(all[name])
		_, _ = io.WriteString(h, name+"\x00"+string(sum[:]))
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}

// splitEncoding splits the name of a file that was compressed.
func splitEncoding(name string) (plain, encoding string) {
	for _, e := range encodings() {
		if plain, ok := strings.CutSuffix(name, e.suffix); ok {
			return plain, e.name
		}
	}
	return name, ""
}

// kindOf returns the Content-Type of a file by its name.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// complete compresses an asset that is at hand as it is only, and tags it.
func (a *asset) complete() error {
	if body, ok := a.bodies[""]; ok && len(a.bodies) == 1 {
		var small bytes.Buffer
		w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		a.bodies["gzip"] = small.Bytes()
	}
	h := sha256.New()
	for _, e := range append(encodings(), struct{ name, suffix string }{}) {
		if body, ok := a.bodies[e.name]; ok {
			_, _ = h.Write(body)
			break
		}
	}
	a.tag = `"` + hex.EncodeToString(h.Sum(nil)[:10]) + `"`
	return nil
}

// plain returns an asset without compression.
func (a *asset) plain() ([]byte, error) {
	if body, ok := a.bodies[""]; ok {
		return body, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(a.bodies["gzip"]))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// choose returns the best body for an Accept-Encoding. Without any that is
// accepted it is the plain one.
func (a *asset) choose(accept string) (body []byte, encoding string, err error) {
	for _, e := range encodings() {
		if body, ok := a.bodies[e.name]; ok && accepts(accept, e.name) {
			return body, e.name, nil
		}
	}
	body, err = a.plain()
	return body, "", err
}

// accepts reports whether an Accept-Encoding names an encoding and does not
// refuse it.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !found || err == nil && weight > 0
	}
	return false
}
