package validate

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/api/run/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// redisCA is where REDIS_URL says that the certificates of Memorystore are.
const redisCA = "/etc/tutti"

// Limits of Cloud Run.
const (
	maxConcurrency  = 1000
	maxTimeout      = 3600
	maxStartSeconds = 240
)

// decodeCloudRun finds fields that Cloud Run's API does not have.
func decodeCloudRun(b Bundle) error {
	var problems []error
	for _, object := range b.Objects {
		if err := yaml.UnmarshalStrict(object.data, &run.Service{}); err != nil {
			problems = append(problems, fmt.Errorf("%v: %w", object, err))
		}
	}
	return errors.Join(problems...)
}

// checkInstances holds each service against what Cloud Run allows.
func checkInstances(b Bundle) error {
	return each(func(s service) error {
		spec := s.Spec.Template.Spec
		name := spec.ServiceAccountName
		own := map[string]string{"functions": "-functions", "wsrelay": "-relay"}[s.role()]
		return errors.Join(
			expect(spec.TimeoutSeconds != nil && *spec.TimeoutSeconds <= maxTimeout, "timeoutSeconds is not said, or more than %d", maxTimeout),
			expect(spec.ContainerConcurrency != nil && *spec.ContainerConcurrency <= maxConcurrency, "containerConcurrency is not said, or more than %d", maxConcurrency),
			expect(strings.Contains(name, own+"@") && strings.HasSuffix(name, ".iam.gserviceaccount.com"), "it must run as an account of its own, not %q", name),
			checkCloudProbe("startup", s.container().StartupProbe),
			checkCloudProbe("liveness", s.container().LivenessProbe),
			expect(path(s.container().StartupProbe) == "/readyz", "its startup probe must ask /readyz, which asks Redis: the network may be late"),
		)
	})(b)
}

// checkCloudProbe holds a probe against Cloud Run's bounds.
func checkCloudProbe(name string, p *corev1.Probe) error {
	if p == nil {
		return fmt.Errorf("it has no %s probe", name)
	}
	return errors.Join(
		expect(p.TimeoutSeconds <= p.PeriodSeconds, "%s probe: timeoutSeconds is more than periodSeconds", name),
		expect(name != "startup" || p.PeriodSeconds*p.FailureThreshold <= maxStartSeconds, "startup probe: more than %d s", maxStartSeconds),
	)
}

// checkCloudRelay holds what a relay needs of Cloud Run.
func checkCloudRelay(b Bundle) error {
	relay, settings, err := b.relay()
	if err != nil {
		return err
	}
	concurrency := relay.Spec.Template.Spec.ContainerConcurrency
	return errors.Join(
		expect(concurrency != nil && int(*concurrency) == int(settings.MaxConnections), "containerConcurrency is not MAX_CONNECTIONS, %d", settings.MaxConnections),
		expect(relay.annotation("run.googleapis.com/cpu-throttling") == "false", "its CPU must not be throttled between requests"),
		expect(relay.annotation("run.googleapis.com/sessionAffinity") == "true", "it needs session affinity"),
		expect(relay.number("autoscaling.knative.dev/minScale", 0) >= 1, "minScale must be 1 or more"),
	)
}

// checkFront: X-Forwarded-For is as TRUSTED_PROXIES says only behind the load
// balancer, so nothing else may lead to a service; and Redis is in the network.
func checkFront(b Bundle) error {
	return each(func(s service) error {
		env, err := b.environment(s)
		mounts := s.container().VolumeMounts
		return errors.Join(err,
			expect(len(mounts) == 1 && mounts[0].MountPath == redisCA, "the certificates of Redis are not at %s", redisCA),
			expect(s.Annotations["run.googleapis.com/ingress"] == "internal-and-cloud-load-balancing", "only the load balancer may lead to it"),
			expect(env["TRUSTED_PROXIES"] == "2", "the load balancer writes two entries: TRUSTED_PROXIES must be 2"),
			expect(s.annotation("run.googleapis.com/network-interfaces") != "", "it has no way to Redis"),
		)
	})(b)
}
