package images

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxBytes is what an image may have to be sent as, compressed: a service that
// scales from zero is as slow as its image is big.
const maxBytes = 10 << 20

// TestImages_HoldOneProgramAndNoWayToRunAnother shows what is in the images: a
// user without rights starts the program, and there is no shell.
func TestImages_HoldOneProgramAndNoWayToRunAnother(t *testing.T) {
	images := build(t, top, newRegistry(t))
	for _, service := range services {
		t.Run(service, func(t *testing.T) {
			image := images[service]
			checkConfig(t, image, service)
			checkFiles(t, image, service)
			checkSize(t, image)
			checkSBOM(t, image)
		})
	}
}

func checkConfig(t *testing.T, image, service string) {
	t.Helper()
	config := configOf(t, image)
	if config.User != "65532:65532" {
		t.Errorf("it runs as %q", config.User)
	}
	if want := []string{"/ko-app/" + service}; !slices.Equal(config.Entrypoint, want) {
		t.Errorf("it starts %q, want %q", config.Entrypoint, want)
	}
	for _, v := range config.Env {
		if name, _, _ := strings.Cut(v, "="); !slices.Contains([]string{"PATH", "SSL_CERT_FILE", "KO_DATA_PATH"}, name) {
			t.Errorf("it sets %s", v)
		}
	}
}

// checkFiles has each file of the image explained.
func checkFiles(t *testing.T, image, service string) {
	t.Helper()
	want := []string{"/etc/group", "/etc/passwd", "/etc/ssl/certs/ca-certificates.crt", "/ko-app/" + service}
	var got []string
	files := tar.NewReader(bytes.NewReader([]byte(crane(t, "export", image, "-"))))
	for {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := path.Join("/", file.Name)
		if file.Typeflag != tar.TypeDir {
			got = append(got, name)
		}
		mode := file.FileInfo().Mode()
		if mode.Perm()&0o022 != 0 && name != "/tmp" || file.Mode&0o6000 != 0 {
			t.Errorf("%s has mode %v", name, mode)
		}
		if name == "/ko-app/"+service {
			t.Logf("the program has %.1f MB", float64(file.Size)/1e6)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("it has %q, want %q", got, want)
	}
}

func checkSize(t *testing.T, image string) {
	t.Helper()
	var manifest struct{ Layers []struct{ Size int } }
	if err := json.Unmarshal([]byte(crane(t, "manifest", image)), &manifest); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, layer := range manifest.Layers {
		sum += layer.Size
	}
	if sum == 0 || sum > maxBytes {
		t.Errorf("its %d layers have %d bytes, more than %d", len(manifest.Layers), sum, maxBytes)
	}
	t.Logf("compressed, the image has %.1f MB", float64(sum)/1e6)
}

// checkSBOM finds the list of what the program is made of, where scanners look
// for it.
func checkSBOM(t *testing.T, image string) {
	t.Helper()
	repo, digest, _ := strings.Cut(image, "@")
	var manifest struct {
		Layers []struct{ MediaType, Digest string }
	}
	if err := json.Unmarshal([]byte(crane(t, "manifest", repo+":"+strings.Replace(digest, ":", "-", 1)+".sbom")), &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Layers) != 1 || !strings.Contains(manifest.Layers[0].MediaType, "spdx") {
		t.Fatalf("the SBOM is %+v", manifest.Layers)
	}
	var document struct{ Packages []struct{ Name string } }
	if err := json.Unmarshal([]byte(crane(t, "blob", repo+"@"+manifest.Layers[0].Digest)), &document); err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, p := range document.Packages {
		names[p.Name] = true
	}
	for _, module := range []string{"github.com/tutti-live/tutti/shared", "github.com/redis/go-redis/v9"} {
		if !names[module] {
			t.Errorf("the SBOM does not name %s", module)
		}
	}
	t.Logf("the SBOM names %d packages", len(names))
}

// TestImages_TwoBuildsAreTheSame builds in another folder, without what the
// first build left in Go's cache, and pushes elsewhere: whoever has the sources
// can tell what an image was made of.
func TestImages_TwoBuildsAreTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles everything")
	}
	first := build(t, top, newRegistry(t))
	elsewhere := t.TempDir()
	copySources(t, elsewhere)
	second := build(t, elsewhere, newRegistry(t), "GOCACHE="+t.TempDir())
	for _, service := range services {
		_, a, _ := strings.Cut(first[service], "@")
		_, b, _ := strings.Cut(second[service], "@")
		if a == "" || a != b {
			t.Errorf("%s is %s and %s", service, a, b)
		}
	}
}
