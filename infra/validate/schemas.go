package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"sigs.k8s.io/yaml"
)

// The Knative that cluster.sh installs, 1.24. Its Go code needs modules that no
// proxy has, so validateKnative uses 1.15; but the zip of the module carries its
// CRDs, those of the Gateway API that it is tested with, and Kourier.
const (
	currentKnative = "knative.dev/serving@v0.51.0"
	currentSum     = "h1:yN2Q7eYqJgoPfZkATjoBZyGbZ2P1Qhns9HIMU4mF+to="
	currentRelease = "knative-v1.24.0"
)

// Schemas are the CRDs of a cluster, by apiVersion and kind.
type Schemas map[string]schema

type schema struct {
	validator validation.SchemaValidator
	fields    *structural.Structural
}

// downloadKnative returns the folder of the current Knative's module, from the
// module cache when it is there.
func downloadKnative() (string, error) {
	output, err := exec.Command("go", "mod", "download", "-json", currentKnative).Output() //nolint:noctx // ends by itself
	var answer struct{ Dir, Sum, Error string }
	if bad := json.Unmarshal(output, &answer); bad != nil {
		return "", errors.Join(err, bad)
	}
	if answer.Error != "" || answer.Sum != currentSum {
		return "", fmt.Errorf("%s: sum %q, error %q", currentKnative, answer.Sum, answer.Error)
	}
	return answer.Dir, nil
}

// loadSchemas reads the CRDs of the current Knative and of the Gateway API.
func loadSchemas(knative string) (Schemas, error) {
	files, err := filepath.Glob(filepath.Join(knative, "config/core/300-resources/*.yaml"))
	if err != nil {
		return nil, err
	}
	schemas := make(Schemas)
	for _, file := range append(files, filepath.Join(knative, "third_party/gateway-api-latest/gateway-api.yaml")) {
		text, err := os.ReadFile(file) //nolint:gosec // of the module cache
		if err != nil {
			return nil, err
		}
		for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
			if err := schemas.add(document); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return schemas, nil
}

// add takes in a document if it is a CRD.
func (s Schemas) add(document []byte) error {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(document, &crd); err != nil || crd.Kind != "CustomResourceDefinition" {
		return err
	}
	for _, version := range crd.Spec.Versions {
		if version.Schema == nil {
			continue
		}
		var props apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &props, nil); err != nil {
			return err
		}
		validator, _, err := validation.NewSchemaValidator(&props)
		if err != nil {
			return err
		}
		fields, err := structural.NewStructural(&props)
		if err != nil {
			return err
		}
		s[crd.Spec.Group+"/"+version.Name+" "+crd.Spec.Names.Kind] = schema{validator, fields}
	}
	return nil
}

// check does what kube-apiserver does with an object that has a CRD: unknown
// fields, types, formats and bounds; not the rules in CEL.
func (s Schemas) check(b Bundle) error {
	var problems []error
	for _, object := range b.Objects {
		if group := object.group(); group != servingGroup && group != gatewayGroup {
			continue
		}
		schema, ok := s[object.APIVersion+" "+object.Kind]
		if !ok {
			problems = append(problems, fmt.Errorf("%v: the cluster has no %s", object, object.APIVersion))
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(object.data, &fields); err != nil {
			return err
		}
		for _, found := range validation.ValidateCustomResource(nil, fields, schema.validator) {
			problems = append(problems, fmt.Errorf("%v: %w", object, found))
		}
		track := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
		for _, path := range pruning.PruneWithOptions(fields, schema.fields, true, track) {
			problems = append(problems, fmt.Errorf("%v: unknown field %s", object, path))
		}
	}
	return errors.Join(problems...)
}
