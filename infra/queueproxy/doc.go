// Package queueproxy tries the relay behind Knative's queue-proxy, which is in
// front of each container there and has timeouts of its own: that our settings
// keep sockets alive, and that a pod that ends loses nothing.
//
// It is the real one, built from the folder tool. It listens on fixed ports of all
// interfaces, so `make e2e-knative` runs the tests in a network of their own, which
// needs root. `go test` skips them.
package queueproxy
