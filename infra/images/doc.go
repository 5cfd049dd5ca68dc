// Package images has what makes the images of the services, images.sh, and tries
// them: what is in them, that two builds give the same, and that they do their
// work as a user without rights on a root that cannot be written to.
//
// It needs ko and crane, so `go test` skips it and `make test-infra` runs it.
// There is no container runtime in it: an image is unpacked, and a chroot in a
// mount namespace of its own stands for the container.
package images
