# Millrace. `make` runs what CI runs; `make help` lists the targets.
# Needed: Go 1.26 and make. `make test` needs a C compiler, Node and Chromium as well, and
# installs them where it may.

# No recipe needs more than a POSIX shell.
.SHELLFLAGS := -euc
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

GO ?= go
# Tools are pinned by version and live outside the product's go.mod.
BIN := $(abspath .tmp/bin)
GOLANGCI_LINT_VERSION := v2.15.0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# The version comes from here, so that a checkout that git does not trust builds too.
BUILDFLAGS := -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)'

# What the coverage floor is about; cross-package tests count.
COVERED := ./core/...,./codecs/...,./transports/...
COVER_FLOOR ?= 90

ADDR ?= 127.0.0.1:8787
DATA ?= .tmp/chat.db
FUZZTIME ?= 10s
BENCHFLAGS ?=
DOCSFLAGS ?=

# The product's module, and those of benchmarks and tools.
MODULES := . $(patsubst %/go.mod,%,$(wildcard */go.mod))

.DEFAULT_GOAL := all

.PHONY: all
all: build vet lint test ## Build, vet, lint, race tests with the coverage floor (default)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: host chat ## Build bin/millrace-host and the programs of the examples into bin
	cd examples && $(GO) build $(BUILDFLAGS) -o ../bin/ ./authrefresh ./notifications

.PHONY: host
host: ## Build bin/millrace-host
	$(GO) build $(BUILDFLAGS) -o bin/millrace-host ./cmd/host

.PHONY: chat
chat: # bin/chat
	cd examples && $(GO) build $(BUILDFLAGS) -o ../bin/chat ./chat

.PHONY: run
run: chat ## Build the chat and serve it on http://127.0.0.1:8787 (ADDR=host:port, DATA=file to change)
	@mkdir -p $(dir $(DATA))
	exec bin/chat --addr $(ADDR) --data $(DATA)

.PHONY: vet
vet: ## Run go vet on every module
	@for m in $(MODULES); do echo "go vet $$m"; (cd $$m && $(GO) vet ./...); done

# -coverpkg makes every test binary report on all covered packages; coverfloor
# merges the reports and fails when a tree is below the floor.
.PHONY: test
test: test-web test-go docs-test test-pages ## Everything: browser client, Go, code in the docs, pages in a browser

.PHONY: test-go
test-go: ## Vet, race tests, coverage floor of core, codecs, transports
	@scripts/need.sh "$$($(GO) env CC)=gcc libc6-dev" # the race detector's
	$(GO) vet ./...
	@mkdir -p .tmp
	$(GO) test -race -timeout 10m -coverpkg=$(COVERED) -coverprofile=.tmp/cover.out ./...
	@for m in $(filter-out .,$(MODULES)); do echo "go test $$m"; (cd $$m && $(GO) vet ./... && $(GO) test -race ./...); done
	$(GO) run ./scripts/coverfloor -floor $(COVER_FLOOR) .tmp/cover.out core codecs transports

.PHONY: test-web
test-web: host ## Test the browser client with Node: types, bundle and its size, units, against the host
	scripts/web.sh test

.PHONY: test-pages
test-pages: build ## Test the pages of the examples in headless Chromium
	scripts/web.sh e2e

.PHONY: screenshots
screenshots: build ## Take pictures of all pages into .tmp/screenshots
	scripts/web.sh screenshots

.PHONY: docs-test
docs-test: ## Compile or run every code block of README and docs (DOCSFLAGS=-h lists the switches)
	@scripts/need.sh curl=curl # a block calls it
	@scripts/web.sh packages
	$(GO) run ./scripts/docstest $(DOCSFLAGS)

.PHONY: web
web: ## Make web/dist from web/src (needs Node)
	scripts/web.sh build

.PHONY: cover
cover: ## Show the files below the floor after `make test`, and write .tmp/cover.html
	$(GO) run ./scripts/coverfloor -files -floor $(COVER_FLOOR) .tmp/cover.out core codecs transports
	$(GO) tool cover -html=.tmp/cover.out -o .tmp/cover.html

.PHONY: lint
lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Run golangci-lint (built once into .tmp/bin; takes some minutes)
	@for m in $(MODULES); do echo "lint $$m"; (cd $$m && $< run --config $(CURDIR)/.golangci.yml ./...); done

$(BIN)/golangci-lint-%:
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$*
	mv $(BIN)/golangci-lint $@

.PHONY: bench
bench: ## Measure the RPC beside a raw echo, in one run (BENCHFLAGS=-h lists the switches)
	cd bench && $(GO) build -o ../.tmp/bin/rpcbench ./cmd/rpcbench
	.tmp/bin/rpcbench $(BENCHFLAGS)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s) each
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: tidy
tidy: ## Tidy the go.mod of every module
	@for m in $(MODULES); do (cd $$m && $(GO) mod tidy); done

.PHONY: clean
clean: ## Remove what the other targets made
	rm -rf bin .tmp web/.build web/node_modules
