package endpoint

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

func BenchmarkClient_Prepare(b *testing.B) {
	lines := strings.Repeat("    value = compute(value, 1)\n", 1000)
	w, ok := window.Of(&suggest.Query{Language: "python", Code: lines + "    \n" + lines, Cursor: len(lines) + 4, Most: 1})
	if !ok {
		b.Fatal("no window")
	}
	c := New(Options{
		Base: &url.URL{Scheme: "https", Host: "model.example"}, Model: "m", Dialect: Template, Family: fim.QwenCoder,
	}, http.DefaultTransport)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Prepare(w, 160).marshal(); err != nil {
			b.Fatal(err)
		}
	}
}
