package validate

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

const (
	servingGroup = "serving.knative.dev"
	gatewayGroup = "gateway.networking.k8s.io"
)

// maxRevisionTimeout is what the cluster's config-defaults must allow; cluster.sh
// sets it. Knative's own default is 600.
const maxRevisionTimeout = "3600"

// decodeCore finds fields that the types of Kubernetes do not have. What has a
// CRD is left to checkSchemas.
func decodeCore(b Bundle) error {
	var problems []error
	for _, object := range b.Objects {
		var into any
		switch object.APIVersion + " " + object.Kind {
		case "v1 Namespace":
			into = &corev1.Namespace{}
		case "v1 ServiceAccount":
			into = &corev1.ServiceAccount{}
		case "v1 ConfigMap":
			into = &corev1.ConfigMap{}
		case "v1 Secret":
			into = &corev1.Secret{}
		case "v1 Service":
			into = &corev1.Service{}
		case "apps/v1 StatefulSet":
			into = &appsv1.StatefulSet{}
		default:
			if group := object.group(); group != servingGroup && group != gatewayGroup {
				problems = append(problems, fmt.Errorf("%v: %s is not known here", object, object.APIVersion))
			}
			continue
		}
		if err := yaml.UnmarshalStrict(object.data, into); err != nil {
			problems = append(problems, fmt.Errorf("%v: %w", object, err))
		}
	}
	return errors.Join(problems...)
}

// validateKnative does what Knative's webhook does with a new object: strict
// decoding, defaults, validation. Its warnings count too.
func validateKnative(b Bundle) error {
	defaults, err := config.NewDefaultsConfigFromMap(map[string]string{"max-revision-timeout-seconds": maxRevisionTimeout})
	if err != nil {
		return err
	}
	ctx := config.ToContext(apis.WithinCreate(context.Background()), &config.Config{Defaults: defaults})
	ctx = apis.DisallowDeprecated(ctx)
	services, err := b.services()
	problems := []error{err}
	for _, s := range services {
		object := &servingv1.Service{}
		if err := yaml.UnmarshalStrict(s.data, object); err != nil {
			problems = append(problems, fmt.Errorf("%v: %w", s, err))
			continue
		}
		object.SetDefaults(ctx)
		if err := object.Validate(ctx); err != nil {
			problems = append(problems, fmt.Errorf("%v: %w", s, err))
		}
	}
	return errors.Join(problems...)
}
