// Package docs serves the documentation of the API: Swagger UI and ReDoc, which
// read the OpenAPI 3.1 document at /openapi.json of the same host.
//
// Everything they need is embedded, and a strict content security policy
// forbids requests to other hosts. The files are taken from npm (see assets)
// and committed. The Go modules that bundle them are behind: swaggest/swgui has
// Swagger UI 5.29.1, whose HTML sanitizer has known holes, and puts files into
// the binary that nothing here loads. ReDoc is 2.5, because 3.0 is twice the
// size and reports usage to its maker.
package docs

import (
	"embed"
	"net/http"
	"path"
	"strings"

	"github.com/tutti-live/tutti/shared/apierr"
)

//go:embed pages/*.html assets/*.js assets/*.gz
var embedded embed.FS

// Register adds GET /docs (Swagger UI), GET /redoc (ReDoc) and what they load,
// GET /docs/assets/{file}, to mux. HEAD works as well.
func Register(mux *http.ServeMux) {
	pages, assets := load("pages"), load("assets")
	mux.Handle("GET /docs", pages["docs.html"])
	mux.Handle("GET /redoc", pages["redoc.html"])
	mux.HandleFunc("GET /docs/assets/{file}", func(w http.ResponseWriter, r *http.Request) {
		f, ok := assets[r.PathValue("file")]
		if !ok {
			apierr.Write(w, apierr.New(apierr.NotFound, "there is no such file"))
			return
		}
		f.ServeHTTP(w, r)
	})
}

// load returns the embedded files of a folder by name, without ".gz". What is
// embedded can be read, and has a type known here, or the build is broken: then
// it panics.
func load(folder string) map[string]*file {
	entries, err := embedded.ReadDir(folder)
	if err != nil {
		panic(err)
	}
	files := make(map[string]*file, len(entries))
	for _, entry := range entries {
		content, err := embedded.ReadFile(path.Join(folder, entry.Name()))
		if err != nil {
			panic(err)
		}
		name, zipped := strings.CutSuffix(entry.Name(), ".gz")
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			panic("docs: no content type for " + name)
		}
		files[name] = newFile(contentType, content, zipped)
	}
	return files
}
