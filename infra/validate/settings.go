package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/wsrelay"
)

// somewhere stands for a Redis whose address is not in the manifests.
const somewhere = "rediss://redis.example:6379"

// forGo are the variables that Go itself reads.
var forGo = []string{"GOMEMLIMIT"}

// environment is what the container of a service will see.
func (b Bundle) environment(s service) (map[string]string, error) {
	env := make(map[string]string)
	var problems []error
	for _, source := range s.container().EnvFrom {
		if source.ConfigMapRef == nil || source.Prefix != "" {
			return nil, fmt.Errorf("%s: only ConfigMaps are read whole, and without a prefix", s.Name)
		}
		var values corev1.ConfigMap
		object, ok := b.find("ConfigMap", source.ConfigMapRef.Name)
		if !ok {
			problems = append(problems, fmt.Errorf("%s: there is no ConfigMap %s", s.Name, source.ConfigMapRef.Name))
			continue
		}
		problems = append(problems, json.Unmarshal(object.data, &values))
		maps.Copy(env, values.Data)
	}
	for _, variable := range s.container().Env {
		if _, twice := env[variable.Name]; twice {
			problems = append(problems, fmt.Errorf("%s: %s is set twice", s.Name, variable.Name))
		}
		value, err := b.value(variable)
		env[variable.Name] = value
		problems = append(problems, err)
	}
	return env, errors.Join(problems...)
}

// value is what a variable will be.
func (b Bundle) value(variable corev1.EnvVar) (string, error) {
	if variable.ValueFrom == nil {
		return variable.Value, nil
	}
	ref := variable.ValueFrom.SecretKeyRef
	if ref == nil {
		return "", fmt.Errorf("%s comes from nowhere", variable.Name)
	}
	if slices.Contains(b.External, ref.Name) {
		return somewhere, nil
	}
	object, ok := b.find("Secret", ref.Name)
	if !ok {
		return "", fmt.Errorf("%s: there is no Secret %s", variable.Name, ref.Name)
	}
	var secret corev1.Secret
	if err := json.Unmarshal(object.data, &secret); err != nil {
		return "", err
	}
	value, ok := secret.Data[ref.Key]
	if !ok {
		return "", fmt.Errorf("%s: the Secret %s has no key %s", variable.Name, ref.Name, ref.Key)
	}
	return string(value), nil
}

// checkSettings starts each service, as far as reading its settings goes.
func checkSettings(b Bundle) error {
	return each(func(s service) error {
		env, err := b.environment(s)
		if err != nil {
			return err
		}
		switch s.role() {
		case "functions":
			return load(&functions.Settings{}, env)
		case "wsrelay":
			return load(&wsrelay.Settings{}, env)
		default:
			return errors.New("it is neither of our services")
		}
	})(b)
}

// load fills settings from env alone, and finds what no setting reads.
func load(settings any, env map[string]string) error {
	var problems []error
	names := config.Names(settings)
	for name := range env {
		read := func(v config.Variable) bool { return v.Name == name }
		if !slices.ContainsFunc(names, read) && !slices.Contains(forGo, name) {
			problems = append(problems, fmt.Errorf("nothing reads %s", name))
		}
		if name == "PORT" {
			problems = append(problems, errors.New("PORT is the platform's to set"))
		}
	}
	restore := replaceEnvironment(names, env)
	defer restore()
	problems = append(problems, config.Load(settings))
	if s, ok := settings.(*wsrelay.Settings); ok {
		problems = append(problems, s.Check())
	}
	return errors.Join(problems...)
}

// replaceEnvironment sets what env has of names and unsets the others.
func replaceEnvironment(names []config.Variable, env map[string]string) (restore func()) {
	var undo []func()
	for _, v := range names {
		if before, ok := os.LookupEnv(v.Name); ok {
			undo = append(undo, func() { _ = os.Setenv(v.Name, before) })
		} else {
			undo = append(undo, func() { _ = os.Unsetenv(v.Name) })
		}
		if value, ok := env[v.Name]; ok {
			_ = os.Setenv(v.Name, value)
		} else {
			_ = os.Unsetenv(v.Name)
		}
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}
