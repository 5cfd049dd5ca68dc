package validate

import (
	"errors"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

// A fault is planted in the text of a deployment, wherever old is, and one check
// has to find it and say want.
type fault struct {
	check, old, new, want string
}

const (
	autoscaling = "autoscaling.knative.dev/"
	runs        = "run.googleapis.com/"
)

var knativeFaults = []fault{
	{"core", "kind: ServiceAccount\n", "kind: ServiceAccount\nautomount: false\n", `unknown field "automount"`},
	{"core", "apiVersion: apps/v1", "apiVersion: apps/v2", "apps/v2 is not known here"},
	{"knative", "idleTimeoutSeconds: 0", "idleTimeout: 0", `unknown field "idleTimeout"`},
	{"knative", "timeoutSeconds: 3600", "timeoutSeconds: 7200", "expected 0 <= 7200 <= 3600: spec.template.spec.timeoutSeconds"},
	{"knative", "        - name: TRUSTED_PROXIES", "        - name: PORT\n          value: \"1\"\n        - name: TRUSTED_PROXIES", `"PORT" is a reserved environment variable`},
	{"knative", "name: http1", "name: http", "Port name http is not allowed"},
	{"knative", autoscaling + `min-scale: "1"`, autoscaling + `min-scale: "-1"`, "min-scale"},
	{"knative", "      serviceAccountName: tutti", "      terminationGracePeriodSeconds: 60\n      serviceAccountName: tutti", "must not set the field"},
	{"knative", "        image: wsrelay", "        image: wsrelay\n        lifecycle: {preStop: {sleep: {seconds: 5}}}", "must not set the field"},
	{"schemas", "      serviceAccountName: tutti", "      serviceAcountName: tutti", "unknown field spec.template.spec.serviceAcountName"},
	{"schemas", "timeoutSeconds: 3600", `timeoutSeconds: "3600"`, "must be of type integer"},
	{"schemas", "apiVersion: serving.knative.dev/v1\n", "apiVersion: serving.knative.dev/v2\n", "the cluster has no serving.knative.dev/v2"},
	{"names", autoscaling + "target-burst", autoscaling + "target-brust", "nothing reads autoscaling.knative.dev/target-brust-capacity"},
	{"names", autoscaling + "min-scale", autoscaling + "minScale", "nothing reads autoscaling.knative.dev/minScale"},
	{"names", "metric: concurrency", "metric: connections", `cannot be "connections"`},
	{"names", autoscaling + "scale-down-delay", "serving.knative.dev/rollout-duration", "rollout-duration here"},
	{"settings", "MAX_CONNECTIONS\n", "MAX_CONNECTION\n", "nothing reads MAX_CONNECTION"},
	{"settings", `value: "9464"`, `value: "94640"`, "ADMIN_PORT"},
	{"settings", "CORS_ORIGINS: ", "CORS_ORIGIN: ", "nothing reads CORS_ORIGIN"},
	{"settings", "CORS_ORIGINS: http://", "CORS_ORIGINS: http:/", "CORS_ORIGINS"},
	{"settings", "key: url", "key: uri", "the Secret redis-df24g76h24 has no key uri"},
	{"settings", "name: redis-df24g76h24\n  namespace", "name: redis-0\n  namespace", "there is no Secret redis-df24g76h24"},
	{"settings", "        - configMapRef:", "        - prefix: A\n          configMapRef:", "a prefix"},
	{"settings", "        - name: ADMIN_PORT", "        - name: LOG_LEVEL", "LOG_LEVEL is set twice"},
	{"pods", "image: wsrelay", "image: ghcr.io/someone/wsrelay", "is not the artifact"},
	{"pods", "name: http1", "name: h2c", "must be http1"},
	{"pods", "path: /health", "path: /readyz", "liveness must ask /health"},
	{"pods", "value: 900MiB", "value: 1100MiB", "GOMEMLIMIT 1100MiB is not below"},
	{"pods", "memory: 1Gi", "ephemeral-storage: 1Gi", "no limit of memory"},
	{"limits", `value: "500"`, `value: "1500"`, "MAX_CONNECTIONS_PER_CLIENT"},
	{"age", "timeoutSeconds: 3600", "timeoutSeconds: 3420", "a minute more than the relay's maxAge, 57m0s"},
	{"sockets", "      responseStartTimeoutSeconds: 0\n", "", "left out it is 300"},
	{"sockets", "idleTimeoutSeconds: 0", "idleTimeoutSeconds: 60", "idleTimeoutSeconds must be 0"},
	{"sockets", "containerConcurrency: 0", "containerConcurrency: 100", "containerConcurrency must be 0"},
	{"scaling", "metric: concurrency", "metric: rps", "must be concurrency"},
	{"scaling", autoscaling + `target: "500"`, autoscaling + `target: "800"`, "twice the target of 800"},
	{"scaling", `value: "1000"`, `value: "600"`, "twice the target of 500 is more than MAX_CONNECTIONS, 600"},
	{"scaling", autoscaling + `min-scale: "1"`, autoscaling + `min-scale: "0"`, "min-scale must be 1"},
	{"scaling", autoscaling + `min-scale: "1"`, autoscaling + `min-scale: "3"`, "max-scale 2 is less"},
	{"scaling", autoscaling + `min-scale: "1"`, autoscaling + `min-scale: "2"`, "initial-scale is less"},
	{"hops", `value: "3"`, `value: "2"`, "functions: TRUSTED_PROXIES"},
	{"hops", `target-burst-capacity: "0"`, `target-burst-capacity: "211"`, "the activator comes and goes"},
	{"hops", `target-burst-capacity: "-1"`, `target-burst-capacity: "0"`, "what scales to zero"},
	{"hardening", "runAsUser: 65532", "runAsUser: 0", "must run as 65532"},
	{"hardening", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "read-only"},
	{"hardening", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "privileges"},
	{"hardening", "- ALL", "- NET_RAW", "drop ALL"},
	{"hardening", "type: RuntimeDefault", "type: Unconfined", "seccomp"},
	{"probes", "path: /readyz", "path: /health", "readiness must ask /readyz"},
	{"metrics", `"9464"`, `"9465"`, "does not ask ADMIN_PORT, 9465"},
	{"metrics", `"9464"`, `"9090"`, "ADMIN_PORT 9090 is taken"},
	{"links", "WS_BASE_URL: ws://wsrelay.", "WS_BASE_URL: ws://functions.", "not the host that Knative gives"},
	{"links", "BASE_URL: http://localhost:3000", "BASE_URL: http://localhost:5173", "does not have BASE_URL"},
	{"namespace", "  name: wsrelay\n  namespace: tutti", "  name: wsrelay\n  namespace: other", "Service wsrelay is in \"other\""},
	{"namespace", "kind: Namespace", "kind: Namespaces", "it makes no namespace"},
	{"redis", "- noeviction", "- allkeys-lru", "noeviction"},
	{"redis", "serviceName: redis", "serviceName: rediss", "there is no Service rediss"},
	{"images", "redis:7.2-bookworm", "redis:latest", "has no version"},
}

var routeFaults = []fault{
	{"schemas", "request: 0s", "requests: 0s", "unknown field spec.rules[0].timeouts.requests"},
	{"schemas", "type: URLRewrite", "type: Rewrite", "Unsupported value"},
	{"links", "- api.tutti.example", "- www.tutti.example", "WS_BASE_URL is at api.tutti.example"},
	{"links", "request: 0s", "request: 15s", "/ws has a timeout"},
	{"links", "value: /hocuspocus", "value: /hocus", `/hocuspocus leads to ""`},
	{"links", "hostname: wsrelay.tutti.svc", "hostname: functions.tutti.svc", "/yjs leads to"},
	{"links", "visibility: cluster-local", "visibility: public", "Kourier's public side"},
	{"links", "name: kourier-internal", "name: kourier", "lead to kourier-internal"},
}

var cloudRunFaults = []fault{
	{"decode", "timeoutSeconds: 3600", "timeoutSeconds: 3600\n      idleTimeoutSeconds: 0", `unknown field "idleTimeoutSeconds"`},
	{"decode", "timeoutSeconds: 3600", "timeoutSeconds: 3600\n      responseStartTimeoutSeconds: 0", `unknown field "responseStartTimeoutSeconds"`},
	{"decode", "          resources:", "          securityContext: {runAsNonRoot: true}\n          resources:", `unknown field "runAsNonRoot"`},
	{"names", runs + "sessionAffinity", runs + "session-affinity", "nothing reads run.googleapis.com/session-affinity"},
	{"names", autoscaling + "minScale", autoscaling + "min-scale", "nothing reads autoscaling.knative.dev/min-scale"},
	{"names", `'[{"network"`, `'[{"net"`, "network-interfaces cannot be"},
	{"names", runs + "cpu-throttling", runs + "ingress", "ingress here"},
	{"settings", "name: TRUSTED_PROXIES", "name: TRUSTED_PROXY", "nothing reads TRUSTED_PROXY"},
	{"settings", "value: wss://", "value: https://", "WS_BASE_URL"},
	{"settings", "name: tutti-redis-url", "name: tutti-redis", "there is no Secret tutti-redis"},
	{"pods", "name: http1", "name: h2c", "must be http1"},
	{"pods", "memory: 1Gi", "memory: 512Mi", "GOMEMLIMIT 900MiB is not below"},
	{"limits", `value: "500"`, `value: "1500"`, "MAX_CONNECTIONS_PER_CLIENT"},
	{"age", "timeoutSeconds: 3600", "timeoutSeconds: 300", "relay's maxAge"},
	{"instances", "timeoutSeconds: 3600", "timeoutSeconds: 3601", "more than 3600"},
	{"instances", "containerConcurrency: 1000", "containerConcurrency: 1001", "more than 1000"},
	{"instances", "tutti-relay@tutti-1", "tutti-functions@tutti-1", "an account of its own"},
	{"instances", "failureThreshold: 60", "failureThreshold: 600", "startup probe: more than 240 s"},
	{"instances", "timeoutSeconds: 2\n", "timeoutSeconds: 3\n", "more than periodSeconds"},
	{"instances", "path: /readyz", "path: /health", "startup probe must ask /readyz"},
	{"relay", "containerConcurrency: 1000", "containerConcurrency: 80", "is not MAX_CONNECTIONS, 1000"},
	{"relay", `cpu-throttling: "false"`, `cpu-throttling: "true"`, "throttled"},
	{"relay", `sessionAffinity: "true"`, `sessionAffinity: "false"`, "session affinity"},
	{"relay", `minScale: "2"`, `minScale: "0"`, "minScale"},
	{"front", "internal-and-cloud-load-balancing", "all", "only the load balancer"},
	{"front", "            - name: TRUSTED_PROXIES\n              value: \"2\"", "            - name: TRUSTED_PROXIES\n              value: \"1\"", "TRUSTED_PROXIES must be 2"},
	{"front", "mountPath: /etc/tutti", "mountPath: /etc/ssl", "the certificates of Redis"},
	{"front", runs + "network-interfaces", runs + "network", "no way to Redis"},
	{"links", "value: https://tutti.example\n            - name: CORS", "value: https://www.example\n            - name: CORS", "does not have BASE_URL"},
}

func TestFaults_AreFound(t *testing.T) {
	for name, faults := range map[string][]fault{"local": knativeFaults, "production": routeFaults, "cloudrun": cloudRunFaults} {
		d := deployments[name]
		text := string(d.text(t))
		for _, f := range faults {
			t.Run(name+"/"+f.check+"/"+f.want, func(t *testing.T) {
				broken := strings.ReplaceAll(text, f.old, f.new)
				if broken == text {
					t.Fatalf("there is no %q to plant it at", f.old)
				}
				switch err := d.suite[f.check](d.bundle(t, []byte(broken))); {
				case errors.Is(err, errOffline):
					testtool.Missing(t, err.Error())
				case err == nil || !strings.Contains(err.Error(), f.want):
					t.Errorf("got %v, want %q", err, f.want)
				}
			})
		}
	}
}

// A check that no fault shows to bite may as well not be there.
func TestFaults_EveryCheckHasOne(t *testing.T) {
	for name, faults := range map[string][]fault{"local": knativeFaults, "cloudrun": cloudRunFaults} {
		bites := make(map[string]bool)
		for _, f := range faults {
			bites[f.check] = true
		}
		for check := range deployments[name].suite {
			if !bites[check] {
				t.Errorf("%s: no fault for %s", name, check)
			}
		}
	}
}

func TestParse_RefusesAKeyThatIsThereTwice(t *testing.T) {
	if _, err := parse([]byte("kind: A\nkind: B\n")); err == nil {
		t.Error("it is taken")
	}
}
