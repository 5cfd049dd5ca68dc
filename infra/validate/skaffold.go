package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// The schema of a version takes any apiVersion.
const (
	skaffoldVersion = "skaffold/v4beta14"
	skaffoldSchema  = "testdata/skaffold-v4beta14.json"
)

// A Skaffold is the part of skaffold.yaml that is checked beyond its schema.
type Skaffold struct {
	Build struct{ Artifacts []artifact }

	Manifests map[string]any
	Deploy    map[string]any
	Profiles  []profile
}

type artifact struct {
	Image, Context string
	Ko             struct {
		Main, FromImage string
		Flags           []string
		Dependencies    struct{ Paths, Ignore []string }
	}
}

type profile struct {
	Name       string
	Activation []struct{ Command, KubeContext string }
	Manifests  struct {
		Kustomize struct{ Paths []string }
		RawYaml   []string
	}
	Deploy      map[string]any
	PortForward []struct {
		ResourceName, Namespace string
		Port                    int
	}
}

// checkSkaffoldSchema holds skaffold.yaml against the schema of its version.
func checkSkaffoldSchema(text []byte) error {
	raw, err := os.ReadFile(skaffoldSchema)
	if err != nil {
		return err
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("skaffold.json", schema); err != nil {
		return err
	}
	compiled, err := compiler.Compile("skaffold.json")
	if err != nil {
		return err
	}
	data, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	config, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	version, _ := config.(map[string]any)["apiVersion"].(string)
	return errors.Join(compiled.Validate(config), expect(version == skaffoldVersion, "apiVersion is %q", version))
}

// parseSkaffold reads what the checks below need.
func parseSkaffold(text []byte) (*Skaffold, error) {
	config := &Skaffold{}
	return config, yaml.Unmarshal(text, config)
}

// checkProfiles: skaffold adds a profile's deployer to the base's, so the base has
// none, and each profile says one, and manifests that are there.
func (c *Skaffold) checkProfiles(root string) error {
	problems := []error{expect(c.Manifests == nil && c.Deploy == nil, "the base has manifests or a deployer")}
	for _, p := range c.Profiles {
		paths := slices.Concat(p.Manifests.Kustomize.Paths, p.Manifests.RawYaml)
		_, kubectl := p.Deploy["kubectl"]
		_, cloudrun := p.Deploy["cloudrun"]
		problems = append(problems,
			expect(kubectl != cloudrun, "profile %s needs one deployer", p.Name),
			expect(len(paths) > 0, "profile %s has no manifests", p.Name))
		for _, path := range paths {
			_, err := os.Stat(filepath.Join(root, path))
			problems = append(problems, err)
		}
		for _, a := range p.Activation {
			problems = append(problems, expect(strings.HasPrefix(a.KubeContext, "kind-"), "profile %s comes by itself in any cluster", p.Name))
		}
	}
	return errors.Join(problems...)
}

// checkArtifacts: skaffold builds exactly what the manifests name, from main
// packages that are there, with the flags that .ko.yaml has.
func (c *Skaffold) checkArtifacts(root string) error {
	var problems []error
	var images []string
	for _, a := range c.Build.Artifacts {
		images = append(images, a.Image)
		problems = append(problems, a.checkMain(root), a.checkDependencies(root), a.checkBuild(root))
	}
	slices.Sort(images)
	return errors.Join(append(problems, expect(slices.Equal(images, []string{"functions", "wsrelay"}), "it builds %v", images))...)
}

func (a artifact) checkMain(root string) error {
	output, err := list(root, "-f", "{{.Name}}", a.Ko.Main)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", a.Image, a.Ko.Main, err)
	}
	return expect(string(output) == "main\n", "%s: %s is no program", a.Image, a.Ko.Main)
}

// list is `go list` with the workspace of the project, as skaffold builds.
func list(root string, args ...string) ([]byte, error) {
	command := exec.Command("go", append([]string{"-C", root, "list"}, args...)...) //nolint:gosec,noctx // our own, and ends by itself
	command.Env = append(os.Environ(), "GOWORK=")
	return command.Output()
}

// checkBuild compares with how `make images` builds, once .ko.yaml says it.
func (a artifact) checkBuild(root string) error {
	var ko struct {
		Builds []struct {
			ID    string
			Flags []string
		}
	}
	text, err := os.ReadFile(filepath.Join(root, ".ko.yaml")) //nolint:gosec // our own
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err = errors.Join(err, yaml.Unmarshal(text, &ko)); err != nil {
		return err
	}
	for _, build := range ko.Builds {
		if build.ID == a.Image {
			return expect(slices.Equal(build.Flags, a.Ko.Flags), "%s is built with %v, by .ko.yaml with %v", a.Image, a.Ko.Flags, build.Flags)
		}
	}
	return fmt.Errorf(".ko.yaml has no build %s", a.Image)
}

// checkDependencies: a change of any file of ours that goes into the program makes
// skaffold build it, and the other program's files do not.
func (a artifact) checkDependencies(root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	const format = `{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`
	output, err := list(root, "-deps", "-f", format, a.Ko.Main)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Image, err)
	}
	var problems []error
	for file := range strings.Lines(string(output)) {
		if file, ours := strings.CutPrefix(strings.TrimSpace(file), root+"/"); ours {
			problems = append(problems, expect(a.watches(file), "%s: a change of %s does not build it", a.Image, file))
		}
	}
	other := map[string]string{"functions": "wsrelay/x.go", "wsrelay": "functions/x.go"}[a.Image]
	return errors.Join(append(problems, expect(!a.watches(other), "%s is built for any change", a.Image))...)
}

func (a artifact) watches(file string) bool {
	matches := func(glob string) bool { return globPattern(glob).MatchString(file) }
	return slices.ContainsFunc(a.Ko.Dependencies.Paths, matches) && !slices.ContainsFunc(a.Ko.Dependencies.Ignore, matches)
}

// globPattern means ** as skaffold does: any folders, also none.
func globPattern(glob string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(glob)
	pattern = strings.ReplaceAll(pattern, `\*\*/`, `(.*/)?`)
	pattern = strings.ReplaceAll(pattern, `\*\*`, `.*`)
	pattern = strings.ReplaceAll(pattern, `\*`, `[^/]*`)
	return regexp.MustCompile("^" + pattern + "$")
}

// checkForward: what is forwarded is a Service of the Kourier that cluster.sh installs.
func (c *Skaffold) checkForward(kourier []byte) error {
	var problems []error
	for _, p := range c.Profiles {
		for _, f := range p.PortForward {
			problems = append(problems, findPort(kourier, f.Namespace, f.ResourceName, f.Port))
		}
	}
	return errors.Join(problems...)
}

// findPort finds a Service's port in manifests.
func findPort(text []byte, namespace, name string, port int) error {
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		data, err := yaml.YAMLToJSON(document)
		if err != nil {
			return err
		}
		var s struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
			Spec     struct{ Ports []struct{ Port int } }
		}
		if json.Unmarshal(data, &s) != nil || s.Kind != "Service" || s.Metadata.Name != name || s.Metadata.Namespace != namespace {
			continue
		}
		for _, p := range s.Spec.Ports {
			if p.Port == port {
				return nil
			}
		}
	}
	return fmt.Errorf("there is no Service %s in %s with port %d", name, namespace, port)
}
