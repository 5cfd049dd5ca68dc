package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// A Bundle is what one deployment applies.
type Bundle struct {
	Objects []Object

	// External names the Secrets that are made by other means.
	External []string
}

// An Object is one document of a manifest.
type Object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	data []byte // all of it, as JSON
}

// A service is what Knative's Service and Cloud Run's have in common.
type service struct {
	Object
	Spec struct {
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
			Spec              revision `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

type revision struct {
	ContainerConcurrency        *int64             `json:"containerConcurrency"`
	TimeoutSeconds              *int64             `json:"timeoutSeconds"`
	ResponseStartTimeoutSeconds *int64             `json:"responseStartTimeoutSeconds"`
	IdleTimeoutSeconds          *int64             `json:"idleTimeoutSeconds"`
	ServiceAccountName          string             `json:"serviceAccountName"`
	Containers                  []corev1.Container `json:"containers"`
}

// A check finds what is wrong in a bundle.
type check func(Bundle) error

// render is what `kubectl apply -k` would apply.
func render(folder string) ([]byte, error) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}

// parse splits a file of YAML into its documents. A key that is there twice is an error.
func parse(text []byte) ([]Object, error) {
	var objects []Object
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		data, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, err
		}
		object := Object{data: data}
		if err := json.Unmarshal(data, &object); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// String names an object in a message.
func (o Object) String() string { return o.Kind + " " + o.Name }

// group is the part of an apiVersion before the slash.
func (o Object) group() string { return o.GroupVersionKind().Group }

// find returns the object of a kind and name.
func (b Bundle) find(kind, name string) (Object, bool) {
	for _, object := range b.Objects {
		if object.Kind == kind && object.Name == name {
			return object, true
		}
	}
	return Object{}, false
}

// services are our own, with exactly one container each.
func (b Bundle) services() ([]service, error) {
	var services []service
	for _, object := range b.Objects {
		if object.Kind != "Service" || object.group() != servingGroup {
			continue
		}
		s := service{}
		if err := json.Unmarshal(object.data, &s); err != nil {
			return nil, fmt.Errorf("%v: %w", object, err)
		}
		if s.Object = object; len(s.Spec.Template.Spec.Containers) != 1 {
			return nil, fmt.Errorf("%v has %d containers", object, len(s.Spec.Template.Spec.Containers))
		}
		services = append(services, s)
	}
	return services, nil
}

// service returns one of ours by its role.
func (b Bundle) service(name string) (service, error) {
	services, err := b.services()
	if err != nil {
		return service{}, err
	}
	for _, s := range services {
		if s.role() == name {
			return s, nil
		}
	}
	return service{}, fmt.Errorf("there is no service %s", name)
}

// role is which of our programs it runs; on Cloud Run its name says more.
func (s service) role() string { return s.container().Name }

func (s service) container() corev1.Container { return s.Spec.Template.Spec.Containers[0] }

func (s service) annotation(key string) string { return s.Spec.Template.Annotations[key] }

// each runs a check of one service on all of them.
func each(find func(service) error) check {
	return func(b Bundle) error {
		services, err := b.services()
		problems := []error{err}
		for _, s := range services {
			if err := find(s); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", s.Name, err))
			}
		}
		return errors.Join(problems...)
	}
}
