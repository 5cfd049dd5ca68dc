package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/tutti-live/tutti/functions"
)

// checkLinks holds the addresses that people are given against what answers there.
func checkLinks(b Bundle) error {
	s, err := b.service("functions")
	if err != nil {
		return err
	}
	env, err := b.environment(s)
	if err != nil {
		return err
	}
	settings := &functions.Settings{}
	if err := load(settings, env); err != nil {
		return err
	}
	relay, err := url.Parse(env["WS_BASE_URL"])
	if err != nil {
		return err
	}
	problems := []error{
		expect(slices.Contains(strings.Split(env["CORS_ORIGINS"], ","), env["BASE_URL"]), "CORS_ORIGINS does not have BASE_URL, the frontend"),
	}
	if route, ok := b.find("HTTPRoute", "tutti"); ok {
		return errors.Join(append(problems, checkRoute(b, route, relay.Hostname()))...)
	}
	if s.group() == servingGroup && s.Namespace != "" {
		problems = append(problems, expect(strings.HasPrefix(relay.Host, "wsrelay."+s.Namespace+"."), "WS_BASE_URL is not the host that Knative gives to wsrelay in %s", s.Namespace))
	}
	return errors.Join(problems...)
}

// A route is the part of an HTTPRoute that we use.
type route struct {
	Spec struct {
		Hostnames []string
		Rules     []struct {
			Matches     []struct{ Path struct{ Type, Value string } }
			Filters     []struct{ URLRewrite struct{ Hostname string } }
			BackendRefs []struct{ Name, Namespace string }
			Timeouts    struct{ Request, BackendRequest string }
		}
	}
}

// relayPaths is what a load balancer sends to the relay; see the README.
var relayPaths = []string{"/ws", "/yjs", "/hocuspocus"}

// checkRoute: the relay's paths go to the relay without a timeout, the rest to the
// functions, and only the gateway leads to either.
func checkRoute(b Bundle, object Object, host string) error {
	var r route
	if err := json.Unmarshal(object.data, &r); err != nil {
		return err
	}
	problems := []error{expect(slices.Equal(r.Spec.Hostnames, []string{host}), "the route is for %v, WS_BASE_URL is at %s", r.Spec.Hostnames, host)}
	to := make(map[string]string)
	for _, rule := range r.Spec.Rules {
		if len(rule.Filters) != 1 || len(rule.BackendRefs) != 1 || rule.BackendRefs[0].Name != "kourier-internal" {
			return errors.New("every rule must rewrite the host and lead to kourier-internal")
		}
		for _, match := range rule.Matches {
			to[match.Path.Value] = rule.Filters[0].URLRewrite.Hostname
			problems = append(problems, expect(match.Path.Value == "/" || rule.Timeouts.Request == "0s" && rule.Timeouts.BackendRequest == "0s", "%s has a timeout", match.Path.Value))
		}
	}
	for _, path := range append([]string{"/"}, relayPaths...) {
		name := "functions"
		if path != "/" {
			name = "wsrelay"
		}
		want := name + "." + object.Namespace + ".svc.cluster.local"
		problems = append(problems, expect(to[path] == want, "%s leads to %q, not to %s", path, to[path], want))
	}
	return errors.Join(append(problems, each(func(s service) error {
		return expect(s.Labels["networking.knative.dev/visibility"] == "cluster-local", "Kourier's public side leads to it: X-Forwarded-For could be anything")
	})(b))...)
}

// checkNamespace: everything is in one, which the bundle makes.
func checkNamespace(b Bundle) error {
	var namespace string
	for _, object := range b.Objects {
		if object.Kind == "Namespace" {
			namespace = object.Name
		}
	}
	problems := []error{expect(namespace != "", "it makes no namespace")}
	for _, object := range b.Objects {
		if object.Kind != "Namespace" && object.Kind != "ReferenceGrant" {
			problems = append(problems, expect(object.Namespace == namespace, "%v is in %q", object, object.Namespace))
		}
	}
	return errors.Join(problems...)
}

// checkRedis: rooms live in keys that must not be thrown away.
func checkRedis(b Bundle) error {
	object, ok := b.find("StatefulSet", "redis")
	if !ok {
		return nil // it is elsewhere
	}
	var set appsv1.StatefulSet
	if err := json.Unmarshal(object.data, &set); err != nil {
		return err
	}
	args := strings.Join(set.Spec.Template.Spec.Containers[0].Args, " ")
	var problems []error
	for _, want := range []string{"--maxmemory-policy noeviction", "--appendonly yes"} {
		problems = append(problems, expect(strings.Contains(args, want), "Redis is not started with %s", want))
	}
	_, found := b.find("Service", set.Spec.ServiceName)
	return errors.Join(append(problems, expect(found, "there is no Service %s", set.Spec.ServiceName))...)
}

// checkImages: each image is built here, or named with a version.
func checkImages(b Bundle) error {
	_, err := b.service("wsrelay")
	object, ok := b.find("StatefulSet", "redis")
	if !ok {
		return err
	}
	var set appsv1.StatefulSet
	if bad := json.Unmarshal(object.data, &set); bad != nil {
		return bad
	}
	image := set.Spec.Template.Spec.Containers[0].Image
	_, tag, _ := strings.Cut(image, ":")
	return errors.Join(err, expect(tag != "" && tag != "latest", "%s: the image %s has no version", fmt.Sprint(object), image))
}
