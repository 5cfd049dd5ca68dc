# Every verb a developer or CI needs. `make help` lists them.

SHELL     := bash
MODULES   := shared functions wsrelay infra
PACKAGES  := $(MODULES:%=./%/...)
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_BUILD  := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/tutti-live/tutti/shared/httpserve.Version=$(VERSION)"

GOLANGCI_VERSION := v2.15.0
GOFUMPT_VERSION  := v0.12.0
TOOLS            := bin/tools
GOLANGCI         := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
GOFUMPT          := $(TOOLS)/gofumpt-$(GOFUMPT_VERSION)

# The race detector needs a C compiler. Without one the tests still run;
# where TUTTI_REQUIRE=all, as in CI, it is asked for whatever is installed.
CC_FOUND := $(shell command -v "$$(go env CC)" 2>/dev/null)
RACE     := $(if $(CC_FOUND)$(filter all,$(TUTTI_REQUIRE)),-race)

.DEFAULT_GOAL := help
.PHONY: help dev build test race lint bench fmt ci

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: ## Run everything in one process on :8000 (PORT overrides) with an embedded Redis
	@go build -o bin/dev ./infra/cmd/dev && exec bin/dev

build: ## Build static binaries: bin/functions, bin/wsrelay, bin/dev
	$(GO_BUILD) -o bin/ ./functions/cmd/functions ./wsrelay/cmd/wsrelay ./infra/cmd/dev

test: ## Run all tests, with the race detector where a C compiler is installed
	@$(if $(RACE),,echo "no C compiler found: running without the race detector")
	go vet $(PACKAGES)
	go test $(RACE) -timeout 10m $(PACKAGES)

race: ## Run all tests with the race detector, three times, without the cache
	go test -race -count 3 -timeout 30m $(PACKAGES)

lint: $(GOLANGCI) ## Check formatting, style and common mistakes
	@for module in $(MODULES); do (cd $$module && ../$(GOLANGCI) run ./...) || exit 1; done

bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem $(PACKAGES)

ci: ## Install what the full run needs (Debian, Ubuntu) and run it, as CI does
	@.ci/run

fmt: $(GOFUMPT) ## Format all Go code
	$(GOFUMPT) -w $(MODULES)

$(GOLANGCI):
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@

$(GOFUMPT):
	GOBIN=$(CURDIR)/$(TOOLS) go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)
	mv $(TOOLS)/gofumpt $@
