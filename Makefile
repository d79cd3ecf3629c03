# addonkit. `make` alone explains what there is.
#
# Needed: Go, make, git and bash; a C compiler for the race detector. Everything else is
# built from Go modules into .cache, which git ignores and `make clean` removes.

SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory

CACHE := $(CURDIR)/.cache
LINT  := $(CACHE)/bin/golangci-lint
export GOLANGCI_LINT_CACHE := $(CACHE)/golangci-lint

# Every folder with a go.mod is a module of its own, and `./...` stops at its border.
MODULES := $(patsubst ./%,%,$(patsubst %/go.mod,%,$(sort $(shell find . -name go.mod -not -path './.*/*'))))
# What holds our Go code; the tools' module has none.
CODE    := $(filter-out internal/tools,$(MODULES))
# What can be tested without a control plane.
FAST    := $(filter-out test test/localcluster,$(CODE))

# $(call each,modules,command) runs a command in each module, telling which.
define each
@for module in $(1); do \
	echo "--- $$module: $(strip $(2))"; \
	(cd "$$module" && $(2)); \
done
endef

##@ See it work

.PHONY: demo
demo: needs ## Run the operator on the examples and a local control plane. ONCE=1: unattended, checked. BREAK=item: ONCE with a planted loss
	@mkdir -p $(CACHE)/bin
	@cd test && go build -o $(CACHE)/bin/demo ./demo
	@exec $(CACHE)/bin/demo $(if $(ONCE)$(BREAK),-once) $(if $(BREAK),-break=$(BREAK))

##@ Test it

.PHONY: test
test: needs ## Everything: unit tests, race detector, end-to-end tests, examples, docs, lint
	@$(MAKE) test-fast
	@$(MAKE) race
	@$(MAKE) lint
	@$(MAKE) e2e

.PHONY: test-fast
test-fast: ## Unit tests, examples and repository rules; no control plane
	$(call each,$(FAST),go test -shuffle=on ./...)

.PHONY: race
race: ## The same under the race detector
	@if [ "$$(go env CGO_ENABLED)" = 1 ] && command -v "$$(go env CC)" >/dev/null; then \
		$(MAKE) race-run; \
	else \
		echo "skipped: the race detector needs a C compiler (for example: apt-get install gcc)"; \
	fi

.PHONY: race-run
race-run:
	$(call each,$(FAST),go test -race -shuffle=on ./...)

.PHONY: e2e
e2e: needs control-plane ## End-to-end tests on a local control plane. RUN=regexp: only these
	$(call each,test,go test -count=1 -p=1 -timeout=30m $(if $(RUN),-v -run='$(RUN)') ./...)
ifndef RUN
	@echo "--- helmclient on a control plane, then beside stock Helm"
	@cd test && go run ./cmd/within go test -C .. -count=1 -timeout=20m -run='^TestCluster' ./helmclient
	@cd test && go run ./cmd/within go test -C ../helmclient/oracle -count=1 -timeout=20m ./...
endif

.PHONY: bench
bench: ## Benchmarks
	$(call each,$(FAST),go test -run='^$$' -bench=. -benchmem ./...)

.PHONY: ci
ci: ## What must pass before a merge, as one script
	@bash .ci/run

##@ Change it

.PHONY: fmt
fmt: $(LINT) ## Format Go files and sort their imports
	$(call each,$(CODE),$(LINT) fmt --config=$(CURDIR)/.golangci.yml)

.PHONY: lint
lint: $(addprefix lint-,$(CODE)) ## Run the linters of .golangci.yml

.PHONY: $(addprefix lint-,$(CODE))
# The control plane is compiled with these flags; with others, loading its packages would
# compile the whole of Kubernetes a second time.
lint-test/localcluster: export GOFLAGS = -trimpath -gcflags=all=-dwarf=false
lint-test/localcluster: export CGO_ENABLED = 0
$(addprefix lint-,$(CODE)): lint-%: $(LINT)
	$(call each,$*,$(LINT) run --allow-parallel-runners --config=$(CURDIR)/.golangci.yml ./...)

.PHONY: api
api: ## Rewrite docs/api to what the packages export now
	go test ./internal/repotest -run='^TestAPIText$$' -update

.PHONY: tidy
tidy: ## Tidy the go.mod of every module
	$(call each,$(MODULES),go mod tidy)

.PHONY: tidy-check
tidy-check: ## Fail if a go.mod is not tidy
	$(call each,$(MODULES),go mod tidy -diff)

.PHONY: clean
clean: ## Remove what was built: the folder .cache
	rm -rf $(CACHE)

##@ Help

.PHONY: help
help: ## This text
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: needs
needs:
	@bash .ci/needs

.PHONY: control-plane
control-plane:
	@cd test && go run ./cmd/controlplane

$(LINT): internal/tools/go.mod internal/tools/go.sum
	@echo "building the linters (about a minute, once)"
	@cd internal/tools && go build -o $(CACHE)/bin/ tool
	@touch $@
