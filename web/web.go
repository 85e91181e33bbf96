// Package web has the page that a relay serves: the browser's client.
//
//	page/   what is served as it is: HTML, CSS, and ES modules without a build step
//	dist/   what scripts/build makes: the program (cmd/tallow-wasm), compressed, and
//	        Go's loader of it
//	test/   the tests with real browsers
//
// A program that was built without scripts/build has no dist, and its relay says
// how to get the client. Start with page/index.html, page/main.js and Files.
package web

import (
	"embed"
	"io/fs"
)

//go:embed page all:dist
var embedded embed.FS

// Files returns the files in page and, if they were built, those in dist, by their
// names. built says whether they were.
func Files() (all map[string][]byte, built bool, err error) {
	all = make(map[string][]byte)
	for _, dir := range []string{"page", "dist"} {
		list, err := fs.ReadDir(embedded, dir)
		if err != nil {
			return nil, false, err
		}
		for _, e := range list {
			if all[e.Name()], err = fs.ReadFile(embedded, dir+"/"+e.Name()); err != nil {
				return nil, false, err
			}
		}
	}
	_, wasm := all["tallow.wasm.gz"]
	_, loader := all["wasm_exec.js"]
	return all, wasm && loader, nil
}
