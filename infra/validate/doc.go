// Package validate checks the manifests that take Tutti to Knative and to Cloud
// Run, and skaffold.yaml, as far as that goes without a cluster: what each of
// them would reject, and what they would take and do wrong.
//
// It is a module of its own, outside of go.work, so that the modules of
// Kubernetes stay out of those of the services: run it with GOWORK=off, or by
// make test-infra. Every check is shown to bite by a fault planted in the
// manifests; see faults_test.go.
package validate
