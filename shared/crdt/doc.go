// Package crdt is a replica of a Yjs document.
package crdt
