package validate

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// queueProxyPorts are taken in every pod of Knative.
var queueProxyPorts = []int{8012, 8013, 8022, 8112, 9090, 9091}

// nobody is the user of the images' base.
const nobody = 65532

// checkSockets finds what would cut a WebSocket on Knative: its timeouts have
// defaults that do, so they must be there, and say never.
func checkSockets(b Bundle) error {
	relay, err := b.service("wsrelay")
	if err != nil {
		return err
	}
	spec := relay.Spec.Template.Spec
	zero := func(n *int64) bool { return n != nil && *n == 0 }
	return errors.Join(
		expect(zero(spec.ResponseStartTimeoutSeconds), "responseStartTimeoutSeconds must be 0: left out it is 300"),
		expect(zero(spec.IdleTimeoutSeconds), "idleTimeoutSeconds must be 0: it cuts sockets that are not idle"),
		expect(zero(spec.ContainerConcurrency), "containerConcurrency must be 0: sockets would fill it"),
	)
}

// checkScaling holds the autoscaler's target against what a relay takes.
func checkScaling(b Bundle) error {
	relay, settings, err := b.relay()
	if err != nil {
		return err
	}
	const prefix = "autoscaling.knative.dev/"
	least, most := relay.number(prefix+"min-scale", 0), relay.number(prefix+"max-scale", 0)
	target := relay.number(prefix+"target", 100) * relay.number(prefix+"target-utilization-percentage", 70) / 100
	return errors.Join(
		expect(relay.annotation(prefix+"metric") == "concurrency", "the metric must be concurrency: a quiet socket has no rate"),
		expect(least >= 1, "min-scale must be 1 or more: the first person of the day would wait, and the activator be in the path"),
		expect(most >= least, "max-scale %d is less than min-scale %d", most, least),
		expect(relay.number(prefix+"initial-scale", 1) >= least, "initial-scale is less than min-scale: a new revision starts too small"),
		expect(2*target <= int(settings.MaxConnections), "twice the target of %d is more than MAX_CONNECTIONS, %d: one relay cannot take another's clients", target, settings.MaxConnections),
	)
}

// checkHops holds TRUSTED_PROXIES against the proxies that write an entry of
// X-Forwarded-For: the one that sees the client, the queue-proxy, and the
// activator where it is in the path, which must not change with the load.
func checkHops(b Bundle) error {
	return each(func(s service) error {
		const burst = "autoscaling.knative.dev/target-burst-capacity"
		env, err := b.environment(s)
		if err != nil {
			return err
		}
		want := map[string]int{"-1": 3, "0": 2}[s.annotation(burst)]
		scales := s.annotation("autoscaling.knative.dev/min-scale") == "0"
		return errors.Join(
			expect(want != 0, "target-burst-capacity must be -1 or 0: else the activator comes and goes"),
			expect(!scales || want == 3, "what scales to zero has the activator in its path: target-burst-capacity must be -1"),
			expect(env["TRUSTED_PROXIES"] == strconv.Itoa(want), "TRUSTED_PROXIES is %q, but %d proxies write into X-Forwarded-For", env["TRUSTED_PROXIES"], want),
		)
	})(b)
}

// checkHardening finds rights that our containers do not need.
func checkHardening(b Bundle) error {
	return each(func(s service) error {
		is := func(flag *bool, want bool) bool { return flag != nil && *flag == want }
		c := s.container().SecurityContext
		if c == nil {
			c = &corev1.SecurityContext{}
		}
		return errors.Join(
			expect(is(c.RunAsNonRoot, true) && c.RunAsUser != nil && *c.RunAsUser == nobody, "it must run as %d", nobody),
			expect(is(c.ReadOnlyRootFilesystem, true), "its root must be read-only"),
			expect(is(c.AllowPrivilegeEscalation, false), "it must not gain privileges"),
			expect(c.Capabilities != nil && slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}), "it must drop ALL capabilities"),
			expect(c.SeccompProfile != nil && c.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "its seccomp profile must be RuntimeDefault"),
		)
	})(b)
}

// checkProbes: Knative asks a pod's readiness before it sends anything there.
func checkProbes(b Bundle) error {
	return each(func(s service) error {
		return expect(path(s.container().ReadinessProbe) == "/readyz", "readiness must ask /readyz")
	})(b)
}

// scrapeConfig is what Prometheus reads.
const scrapeConfig = "../observability/prometheus.yaml"

// checkMetrics: Prometheus asks where the relay answers.
func checkMetrics(b Bundle) error {
	relay, settings, err := b.relay()
	if err != nil {
		return err
	}
	scraped, err := os.ReadFile(scrapeConfig)
	if err != nil {
		return err
	}
	port := int(settings.AdminPort)
	return errors.Join(
		expect(strings.Contains(string(scraped), fmt.Sprintf("replacement: ${1}:%d\n", port)), "%s does not ask ADMIN_PORT, %d", scrapeConfig, port),
		expect(port != int(relay.container().Ports[0].ContainerPort) && !slices.Contains(queueProxyPorts, port), "ADMIN_PORT %d is taken", port),
	)
}
