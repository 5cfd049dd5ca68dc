package vet

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

const terraformDir = "../terraform"

// modules are the folders of Terraform, and by which name they are checked.
var modules = []string{".", "modules/sizing", "previews"}

// module is what the files of a folder declare and use.
type module struct {
	variables map[string]*hclsyntax.Body
	declared  map[string]bool // "local.x", "module.x", "output.x", "type.name"
	calls     map[string]*hclsyntax.Body
	uses      []use
}

// use is a reference to something that must be declared.
type use struct {
	name string // as in declared, or "var.x"
	more string // an output of a module
	at   hcl.Range
}

func parse(t *testing.T, dir string) *module {
	t.Helper()
	m := &module{variables: map[string]*hclsyntax.Body{}, declared: map[string]bool{}, calls: map[string]*hclsyntax.Body{}}
	files, err := filepath.Glob(filepath.Join(terraformDir, dir, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		body, ok := file.Body.(*hclsyntax.Body)
		if !ok {
			t.Fatalf("%s has a body of type %T", name, file.Body)
		}
		for _, block := range body.Blocks {
			m.declare(block)
		}
		m.collect(body, nil)
	}
	return m
}

// declare notes what a block adds to the module.
func (m *module) declare(b *hclsyntax.Block) {
	switch b.Type {
	case "variable":
		m.variables[b.Labels[0]] = b.Body
	case "output":
		m.declared["output."+b.Labels[0]] = true
	case "module":
		m.declared["module."+b.Labels[0]] = true
		m.calls[b.Labels[0]] = b.Body
	case "resource":
		m.declared[strings.Join(b.Labels, ".")] = true
	case "data":
		m.declared["data."+strings.Join(b.Labels, ".")] = true
	case "locals":
		for name := range b.Body.Attributes {
			m.declared["local."+name] = true
		}
	}
}

// collect notes all references in a body. Within a dynamic block its label is a name.
func (m *module) collect(body *hclsyntax.Body, iterators []string) {
	for _, attribute := range body.Attributes {
		for _, reference := range hclsyntax.Variables(attribute.Expr) {
			m.note(reference, iterators)
		}
	}
	for _, block := range body.Blocks {
		inner := iterators
		if block.Type == "dynamic" {
			inner = append(slices.Clone(iterators), block.Labels[0])
		}
		m.collect(block.Body, inner)
	}
}

// builtin are names that the language gives, and words that stand for types.
var builtin = []string{
	"each", "count", "self", "path", "terraform", "string", "number", "bool", "any", "list", "set", "map", "object", "optional",
}

func (m *module) note(reference hcl.Traversal, iterators []string) {
	root := reference.RootName()
	if slices.Contains(builtin, root) || slices.Contains(iterators, root) {
		return
	}
	parts := []string{root}
	for _, step := range reference[1:] {
		attribute, ok := step.(hcl.TraverseAttr)
		if !ok {
			break
		}
		parts = append(parts, attribute.Name)
	}
	if len(parts) < 2 {
		return // depends_on and the like name whole blocks by two words
	}
	u := use{name: parts[0] + "." + parts[1], at: reference.SourceRange()}
	if root == "module" && len(parts) > 2 {
		u.more = parts[2]
	}
	m.uses = append(m.uses, u)
}

func TestTerraform_EveryNameIsDeclared(t *testing.T) {
	for _, dir := range modules {
		m := parse(t, dir)
		used := map[string]bool{}
		for _, u := range m.uses {
			used[u.name] = true
			variable, isVariable := strings.CutPrefix(u.name, "var.")
			if isVariable && m.variables[variable] == nil || !isVariable && !m.declared[u.name] {
				t.Errorf("%s: nothing declares %s", u.at, u.name)
			}
			if call, isModule := strings.CutPrefix(u.name, "module."); isModule && m.calls[call] != nil {
				if called := parse(t, filepath.Join(dir, source(t, m.calls[call]))); !called.declared["output."+u.more] {
					t.Errorf("%s: %s has no output %q", u.at, u.name, u.more)
				}
			}
		}
		for name := range m.variables {
			if !used["var."+name] {
				t.Errorf("%s: nothing uses var.%s", dir, name)
			}
		}
		for name := range m.declared {
			if strings.HasPrefix(name, "local.") && !used[name] {
				t.Errorf("%s: nothing uses %s", dir, name)
			}
		}
	}
}

// source is where a called module is.
func source(t *testing.T, call *hclsyntax.Body) string {
	t.Helper()
	value, problems := call.Attributes["source"].Expr.Value(nil)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return value.AsString()
}

func TestTerraform_ModulesAreCalledWithWhatTheyTake(t *testing.T) {
	for _, dir := range modules {
		for name, call := range parse(t, dir).calls {
			called := parse(t, filepath.Join(dir, source(t, call)))
			for argument := range call.Attributes {
				meta := slices.Contains([]string{"source", "count", "for_each", "depends_on", "providers"}, argument)
				if !meta && called.variables[argument] == nil {
					t.Errorf("module.%s takes no %s", name, argument)
				}
			}
			for variable, body := range called.variables {
				if body.Attributes["default"] == nil && call.Attributes[variable] == nil {
					t.Errorf("module.%s is not told %s", name, variable)
				}
			}
		}
	}
}

func TestTerraform_VariablesAndOutputsAreExplained(t *testing.T) {
	for _, dir := range modules {
		for name, body := range parse(t, dir).variables {
			if body.Attributes["description"] == nil || body.Attributes["type"] == nil {
				t.Errorf("%s: var.%s has no description or no type", dir, name)
			}
		}
	}
}

func TestTerraform_IsFormatted(t *testing.T) {
	for _, pattern := range []string{"*.tf", "*/*.tf", "*/*/*.tf", "*/*/*/*.tftest.hcl", "*.tfvars.example"} {
		files, err := filepath.Glob(filepath.Join(terraformDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, problems := hclsyntax.ParseConfig(src, name, hcl.InitialPos); problems.HasErrors() {
				t.Error(problems)
			}
			if !bytes.Equal(hclwrite.Format(src), src) {
				t.Errorf("%s is not formatted: tofu fmt", name)
			}
		}
	}
}

// TestTerraform_SizingHolds has the real program test the sizing, where it is
// installed. No package of Debian, Go or npm brings it, so .ci/run cannot: the job
// "infra" of .github/workflows/ci.yml has it, and asks for this test.
func TestTerraform_SizingHolds(t *testing.T) {
	program := ""
	for _, name := range []string{"tofu", "terraform"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		if os.Getenv("TUTTI_REQUIRE_TERRAFORM") != "" {
			t.Fatal("neither tofu nor terraform is installed, and TUTTI_REQUIRE_TERRAFORM is set")
		}
		t.Skip("neither tofu nor terraform is installed")
	}
	run := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = filepath.Join(terraformDir, dir)
		cmd.Env = append(os.Environ(), "TF_DATA_DIR="+t.TempDir(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s %v: %v\n%s", program, args, err, out)
		}
	}
	run(".", "fmt", "-check", "-diff", "-recursive")
	run("modules/sizing", "init", "-backend=false", "-input=false")
	run("modules/sizing", "validate")
	run("modules/sizing", "test")
}
