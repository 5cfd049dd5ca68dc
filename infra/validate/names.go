package validate

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Annotations and labels are free text to every API: a misspelt one is taken and
// does nothing. So each must be one of these, and its value of its form.
type allowed map[string]string

// forms are the values that an annotation may have.
const (
	count    = `[0-9]{1,4}`
	boolean  = `true|false`
	duration = `[0-9]+[smh]`
)

// knativeNames are documented by Knative 1.24; see pkg/apis/autoscaling/register.go.
var knativeNames = allowed{
	"autoscaling.knative.dev/min-scale":                     count,
	"autoscaling.knative.dev/max-scale":                     count,
	"autoscaling.knative.dev/initial-scale":                 count,
	"autoscaling.knative.dev/metric":                        `concurrency|rps`,
	"autoscaling.knative.dev/target":                        count,
	"autoscaling.knative.dev/target-utilization-percentage": count,
	"autoscaling.knative.dev/target-burst-capacity":         `-1|` + count,
	"autoscaling.knative.dev/scale-down-delay":              duration,
	"serving.knative.dev/rollout-duration":                  `[0-9]+s`,
	"networking.knative.dev/visibility":                     `cluster-local`,
	"app.kubernetes.io/part-of":                             `tutti`,
	"app.kubernetes.io/name":                                `redis`,
	"tutti.live/preview":                                    boolean,
}

// cloudRunNames are documented in the reference of Cloud Run's YAML, v1.
var cloudRunNames = allowed{
	"autoscaling.knative.dev/minScale":         count,
	"autoscaling.knative.dev/maxScale":         count,
	"run.googleapis.com/cpu-throttling":        boolean,
	"run.googleapis.com/sessionAffinity":       boolean,
	"run.googleapis.com/startup-cpu-boost":     boolean,
	"run.googleapis.com/execution-environment": `gen2`,
	"run.googleapis.com/ingress":               `all|internal|internal-and-cloud-load-balancing`,
	"run.googleapis.com/network-interfaces":    `\[\{"network":"[a-z0-9-]+","subnetwork":"[a-z0-9-]+"\}\]`,
	"run.googleapis.com/vpc-access-egress":     `private-ranges-only|all-traffic`,
	"run.googleapis.com/invoker-iam-disabled":  boolean,
	"app": `tutti`,
}

// onService are read on the service only; what autoscales, on the template only.
var (
	onService  = regexp.MustCompile(`^(serving\.knative\.dev/rollout-duration|networking\.knative\.dev/.*|run\.googleapis\.com/(ingress|invoker-iam-disabled))$`)
	onTemplate = regexp.MustCompile(`^(autoscaling\.knative\.dev|prometheus\.io)/|^run\.googleapis\.com/(cpu-throttling|sessionAffinity|startup-cpu-boost|execution-environment|network-interfaces|vpc-access-egress)$`)
)

// check finds names that mean nothing, or nothing where they are.
func (a allowed) check(b Bundle) error {
	var problems []error
	for _, object := range b.Objects {
		problems = append(problems, a.look(object.String(), object.Annotations, object.Labels, onTemplate))
	}
	services, err := b.services()
	for _, s := range services {
		template := s.Spec.Template
		problems = append(problems, a.look(s.String()+", template", template.Annotations, template.Labels, onService))
	}
	return errors.Join(append(problems, err)...)
}

func (a allowed) look(where string, annotations, labels map[string]string, misplaced *regexp.Regexp) error {
	var problems []error
	for _, names := range []map[string]string{annotations, labels} {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			form, ok := a[name]
			switch {
			case !ok:
				problems = append(problems, fmt.Errorf("%s: nothing reads %s", where, name))
			case misplaced.MatchString(name):
				problems = append(problems, fmt.Errorf("%s: nothing reads %s here", where, name))
			case !regexp.MustCompile(`^(?:` + form + `)$`).MatchString(names[name]):
				problems = append(problems, fmt.Errorf("%s: %s cannot be %q", where, name, names[name]))
			}
		}
	}
	return errors.Join(problems...)
}
