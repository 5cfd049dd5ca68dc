// Package docker checks what is for those who have Docker, without it: that
// infra/compose.yaml is what Compose understands, and that the Dockerfile is what
// BuildKit understands. Whether the bases can be fetched is seen only with Docker.
package docker

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// top is where the repository begins, from here.
const top = "../.."

func load(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{top + "/infra/compose.yaml"}, cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	data, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Warnings) > 0 {
		t.Errorf("BuildKit warns: %+v", file.Warnings)
	}
	stages, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stages
}

func TestCompose_EachPartIsBuiltFromAStageThatThereIs(t *testing.T) {
	var names []string
	for _, stage := range stages(t) {
		names = append(names, stage.Name)
	}
	root, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	for name, service := range load(t).Services {
		if name == "redis" {
			continue
		}
		if build := service.Build; build == nil || build.Context != root || build.Dockerfile != "infra/docker/Dockerfile" || !slices.Contains(names, build.Target) {
			t.Errorf("%s is built by %+v", name, build)
		}
	}
}

func TestCompose_PartsMayDoNothingButTheirWork(t *testing.T) {
	for name, service := range load(t).Services {
		if name == "redis" {
			continue
		}
		if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may more than it needs", name)
		}
	}
}

func TestCompose_OnlyTheGatewayIsReached(t *testing.T) {
	for name, service := range load(t).Services {
		switch {
		case name != "gateway" && len(service.Ports) > 0:
			t.Errorf("%s can be reached on %v", name, service.Ports)
		case name == "gateway" && (len(service.Ports) != 1 || service.Ports[0].HostIP != "127.0.0.1"):
			t.Errorf("the gateway is reached on %v", service.Ports)
		}
	}
}

func TestDockerfile_BasesArePinned(t *testing.T) {
	earlier := []string{"scratch"}
	for _, stage := range stages(t) {
		if !slices.Contains(earlier, stage.BaseName) && strings.Count(stage.BaseName, ".") < 2 {
			t.Errorf("%s stands on %s, which is another image tomorrow", stage.Name, stage.BaseName)
		}
		earlier = append(earlier, stage.Name)
	}
	if image := load(t).Services["redis"].Image; strings.Count(image, ".") < 2 {
		t.Errorf("Redis is %s, which is another image tomorrow", image)
	}
}

func TestDockerfile_ImagesStartOneProgramAsNobody(t *testing.T) {
	programs := map[string]string{"functions": "/functions", "wsrelay": "/wsrelay", "gateway": "/gateway", "functions-lsp": "/functions"}
	users := make(map[string]string) // by stage, with that of its base
	for _, stage := range stages(t) {
		users[stage.Name] = users[stage.BaseName]
		for _, command := range stage.Commands {
			if user, ok := command.(*instructions.UserCommand); ok {
				users[stage.Name] = user.User
			}
		}
		program, isImage := programs[stage.Name]
		if !isImage {
			continue
		}
		delete(programs, stage.Name)
		start, ok := stage.Commands[len(stage.Commands)-1].(*instructions.EntrypointCommand)
		if !ok || start.PrependShell || !slices.Equal(start.CmdLine, []string{program}) {
			t.Errorf("%s starts %v", stage.Name, start)
		}
		if users[stage.Name] != "65532:65532" {
			t.Errorf("%s runs as %q", stage.Name, users[stage.Name])
		}
	}
	if len(programs) > 0 {
		t.Errorf("there is no stage for %v", programs)
	}
}
