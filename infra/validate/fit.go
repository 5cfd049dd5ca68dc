package validate

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/tutti-live/tutti/wsrelay"
)

// expect turns a rule that does not hold into an error.
func expect(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// relayMaxAge reads from the relay's source when it asks its clients to come back.
func relayMaxAge(source string) (time.Duration, error) {
	text, err := os.ReadFile(source) //nolint:gosec // our own
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^\tmaxAge += (\d+) \* time\.Minute$`).FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("%s does not say maxAge", source)
	}
	minutes, err := strconv.Atoi(string(found[1]))
	return time.Duration(minutes) * time.Minute, err
}

// checkRelayAge holds the platform's timeout against the relay's own.
func checkRelayAge(b Bundle) error {
	relay, err := b.service("wsrelay")
	if err != nil {
		return err
	}
	age, err := relayMaxAge("../../wsrelay/settings.go")
	if err != nil {
		return err
	}
	timeout := relay.Spec.Template.Spec.TimeoutSeconds
	return expect(timeout != nil && time.Duration(*timeout)*time.Second >= age+time.Minute,
		"timeoutSeconds must be a minute more than the relay's maxAge, %v", age)
}

// relay is the relay of a bundle, and the settings that it is given.
func (b Bundle) relay() (relay service, settings *wsrelay.Settings, err error) {
	if relay, err = b.service("wsrelay"); err != nil {
		return relay, nil, err
	}
	env, err := b.environment(relay)
	if err != nil {
		return relay, nil, err
	}
	settings = &wsrelay.Settings{}
	return relay, settings, load(settings, env)
}

// number is the value of an annotation of the template, or fallback without it.
func (s service) number(name string, fallback int) int {
	if n, err := strconv.Atoi(s.annotation(name)); err == nil {
		return n
	}
	return fallback
}

// checkPods holds for every container of ours, wherever it runs.
func checkPods(b Bundle) error {
	return each(func(s service) error {
		c := s.container()
		memory := c.Resources.Limits.Memory()
		problems := []error{
			expect(c.Image == s.role(), "the image %q is not the artifact of skaffold.yaml", c.Image),
			expect(len(c.Ports) == 1 && c.Ports[0].Name == "http1", "its port must be http1: WebSockets are upgrades of HTTP/1.1"),
			expect(path(c.LivenessProbe) == "/health", "liveness must ask /health, which never asks Redis"),
			expect(!memory.IsZero(), "it has no limit of memory"),
		}
		for _, variable := range c.Env {
			if variable.Name == "GOMEMLIMIT" {
				limit, err := resource.ParseQuantity(regexp.MustCompile(`B$`).ReplaceAllString(variable.Value, ""))
				problems = append(problems, err, expect(limit.Cmp(*memory) < 0, "GOMEMLIMIT %s is not below the limit of memory, %v", variable.Value, memory))
			}
		}
		return errors.Join(problems...)
	})(b)
}

// path is what a probe asks.
func path(p *corev1.Probe) string {
	if p == nil || p.HTTPGet == nil {
		return ""
	}
	return p.HTTPGet.Path
}

// checkLimits holds the relay's own limits against each other.
func checkLimits(b Bundle) error {
	_, settings, err := b.relay()
	if err != nil {
		return err
	}
	return expect(settings.MaxConnectionsPerClient <= settings.MaxConnections, "MAX_CONNECTIONS_PER_CLIENT is more than MAX_CONNECTIONS")
}
