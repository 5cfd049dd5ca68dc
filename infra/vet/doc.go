// Package vet checks what describes Tutti to the cloud and is not Go: Terraform,
// alert rules, dashboards, workflows. It is a module of its own, because what it
// needs for that nobody else should get: run it by `make test-infra`.
package vet
