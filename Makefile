# Every verb a developer or CI needs. `make help` lists them.

SHELL     := bash
MODULES   := shared functions wsrelay infra
PACKAGES  := $(MODULES:%=./%/...)
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_BUILD  := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/tutti-live/tutti/shared/httpserve.Version=$(VERSION)"

GOLANGCI_VERSION := v2.15.0
GOFUMPT_VERSION  := v0.12.0
ACTIONLINT_VERSION := v1.7.12
TOOLS            := bin/tools
GOLANGCI         := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
GOFUMPT          := $(TOOLS)/gofumpt-$(GOFUMPT_VERSION)
ACTIONLINT       := $(TOOLS)/actionlint-$(ACTIONLINT_VERSION)

# What makes images, without Docker.
KO_VERSION    := v0.19.1
CRANE_VERSION := v0.22.1
KO            := $(TOOLS)/ko-$(KO_VERSION)
CRANE         := $(TOOLS)/crane-$(CRANE_VERSION)

# What Knative puts in front of each container, and where it is built.
QUEUE_PROXY_VERSION := v0.42.2
QUEUE_PROXY         := $(TOOLS)/queue-proxy-$(QUEUE_PROXY_VERSION)
QUEUE_PROXY_MODULE  := infra/queueproxy/tool

# Modules that are not in the workspace, so that what they need nobody else has.
OWN_MODULES := infra/docker infra/validate infra/vet

# The race detector needs a C compiler. Without one the tests still run;
# where TUTTI_REQUIRE=all, as in CI, it is asked for whatever is installed.
CC_FOUND := $(shell command -v "$$(go env CC)" 2>/dev/null)
RACE     := $(if $(CC_FOUND)$(filter all,$(TUTTI_REQUIRE)),-race)

# The real yjs, which shared/crdt is tested against, and real clients and editors,
# which the relay is; the client, and the page that people see, which are written for them.
# Without Node and npm, or without a network, those tests are skipped.
YJS           := shared/crdt/testdata/yjs
YJS_READY     := $(YJS)/node_modules/.ready
CLIENTS       := infra/e2e/yjs/testdata/clients
CLIENTS_READY := $(CLIENTS)/node_modules/.ready
EDITORS       := infra/e2e/editors/testdata/pages
EDITORS_READY := $(EDITORS)/node_modules/.ready
CLIENT        := shared/client
CLIENT_READY  := $(CLIENT)/node_modules/.ready
PLAYGROUND       := infra/playground
PLAYGROUND_READY := $(PLAYGROUND)/node_modules/.ready
# Language servers, for the tests of suggestions: those of npm and gopls. Others are found on PATH.
SERVERS       := functions/autocomplete/lsp/testdata/servers
SERVERS_READY := $(SERVERS)/node_modules/.ready
GOPLS_MODULE  := infra/gopls/tool
GOPLS         := $(SERVERS)/bin/gopls
NPM_FOUND     := $(and $(shell command -v node 2>/dev/null),$(shell command -v npm 2>/dev/null))
NPM_READY     := $(YJS_READY) $(CLIENTS_READY) $(EDITORS_READY) $(CLIENT_READY) $(PLAYGROUND_READY) $(SERVERS_READY)
SESSIONS      ?= 100000

.DEFAULT_GOAL := help
.PHONY: help dev build test test-infra race fuzz simulate chaos rollout lint bench bench-crdt bench-autocomplete bench-relay fmt ci
.PHONY: playground servers images cluster cluster-delete e2e-knative

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: ## Run everything in one process on :8000 (PORT overrides) with an embedded Redis
	@go build -o bin/dev ./infra/cmd/dev && exec bin/dev

build: ## Build static binaries: bin/functions, bin/wsrelay, bin/dev
	$(GO_BUILD) -o bin/ ./functions/cmd/functions ./wsrelay/cmd/wsrelay ./infra/cmd/dev

test: $(if $(NPM_FOUND),$(NPM_READY)) ## Run all tests, with the race detector where a C compiler is installed
	@$(if $(RACE),,echo "no C compiler found: running without the race detector")
	go vet $(PACKAGES)
	go test $(RACE) -timeout 10m $(PACKAGES)

servers: $(if $(NPM_FOUND),$(SERVERS_READY)) $(GOPLS) ## Install language servers for tests and make dev: pyright, TypeScript, gopls (AUTOCOMPLETE_LSP_DIR=functions/autocomplete/lsp/testdata/servers)

race: $(if $(NPM_FOUND),$(NPM_READY)) ## Run all tests with the race detector, three times, without the cache
	go test -race -count 3 -timeout 30m $(PACKAGES)

fuzz: $(YJS_READY) ## Compare random editing sessions with the real yjs (SESSIONS=100000, TUTTI_FUZZ_SEED repeats)
	TUTTI_REQUIRE=all TUTTI_FUZZ_SESSIONS=$(SESSIONS) go test -count 1 -timeout 0 -v -run '^TestYjs_RandomSessions_SameBytes$$' ./shared/crdt

simulate: ## Try schedules of relays, log and network in virtual time (SCHEDULES=10000, TUTTI_SIM_SEED repeats one)
	TUTTI_SIM_SCHEDULES=$(or $(SCHEDULES),10000) go test -count 1 -timeout 0 -run '^TestSimulation$$' ./wsrelay

chaos: ## Break real relays and Redis servers in every way we know, and count what is lost (ARGS="-only F7 -seed 1")
	go run ./infra/cmd/chaos $(ARGS)

playground: $(CLIENT_READY) $(PLAYGROUND_READY) ## Build the page of make dev anew from its source (needs Node and npm)
	npm run --prefix $(PLAYGROUND) build

lint: $(GOLANGCI) $(if $(NPM_FOUND),$(CLIENT_READY) $(PLAYGROUND_READY)) ## Check formatting, style, types and common mistakes
	@for module in $(MODULES); do (cd $$module && ../$(GOLANGCI) run ./...) || exit 1; done
	@for module in $(OWN_MODULES); do (cd $$module && GOWORK=off $(CURDIR)/$(GOLANGCI) run ./...) || exit 1; done
	@for package in $(CLIENT) $(PLAYGROUND); do test ! -e $$package/node_modules/.ready || npm run --prefix $$package --silent lint || exit 1; done

bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem $(PACKAGES)

bench-crdt: $(if $(NPM_FOUND),$(YJS_READY)) ## Measure shared/crdt next to yjs and ywasm (ARGS=-slow: also what takes those minutes)
	go run ./shared/crdt/comparison $(ARGS)

bench-autocomplete: ## Count how often the first suggestion is what stands there, in real files (ARGS="-providers words,lsp")
	go run ./functions/autocomplete/accuracy $(ARGS)

bench-relay: ## Measure real relays: latency, cost in Redis, memory, joins (ARGS=-quick)
	go run ./infra/bench $(ARGS)

ci: ## Install what the full run needs (Debian, Ubuntu) and run it, as CI does
	@.ci/run

images: $(KO) $(CRANE) ## Build both images, push them (IMAGES=registry/path) or put them into bin/images for docker load
	@VERSION=$(VERSION) KO=$(KO) CRANE=$(CRANE) infra/images/images.sh

test-infra: $(KO) $(CRANE) $(ACTIONLINT) ## Try the images as nobody on a read-only root; check all that describes Tutti to Docker, Kubernetes and the cloud
	$(ACTIONLINT)
	KO=$(KO) CRANE=$(CRANE) go test -count 1 -v $(if $(EXEC),-exec "$(EXEC)") ./infra/images
	for module in $(OWN_MODULES); do (cd $$module && GOWORK=off go vet ./... && GOWORK=off go test ./...) || exit 1; done

cluster: ## Make a local Kubernetes with Knative in Docker, for skaffold dev (needs kind and kubectl)
	@infra/knative/cluster.sh create

cluster-delete: ## Remove it
	@infra/knative/cluster.sh delete

e2e-knative: $(QUEUE_PROXY) ## Try the relay behind the queue-proxy of Knative (as root: it gets a network of its own)
	QUEUE_PROXY=$(CURDIR)/$(QUEUE_PROXY) go test -count 1 -v -exec "unshare --net" ./infra/queueproxy

rollout: ## Restart two relays under load, one after the other, and count what is lost (ARGS="-rounds 1")
	go run ./infra/cmd/chaos -only F3b $(ARGS)

fmt: $(GOFUMPT) ## Format all Go code
	$(GOFUMPT) -w $(MODULES)

$(NPM_READY): %/node_modules/.ready: %/package.json %/package-lock.json
	@if npm ci --prefix $* --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retry-mintimeout=1000; then touch $@; \
	else echo "$* cannot be installed: the tests against it are skipped"; test "$(TUTTI_REQUIRE)" != all; fi

$(GOPLS): $(GOPLS_MODULE)/go.mod
	cd $(GOPLS_MODULE) && GOWORK=off go build -o $(CURDIR)/$@ golang.org/x/tools/gopls

$(GOLANGCI):
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@

$(GOFUMPT):
	GOBIN=$(CURDIR)/$(TOOLS) go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)
	mv $(TOOLS)/gofumpt $@

$(KO):
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/google/ko@$(KO_VERSION)
	mv $(TOOLS)/ko $@

$(CRANE):
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/google/go-containerregistry/cmd/crane@$(CRANE_VERSION)
	mv $(TOOLS)/crane $@

$(QUEUE_PROXY): $(QUEUE_PROXY_MODULE)/go.mod
	cd $(QUEUE_PROXY_MODULE) && GOWORK=off go build -o $(CURDIR)/$@ knative.dev/serving/cmd/queue

$(ACTIONLINT):
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	mv $(TOOLS)/actionlint $@
