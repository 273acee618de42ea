# `make help` lists the targets. STACK chooses the stack: local (default) is the embedded cloud on this machine,
# any other one is deployed to AWS by the official Pulumi CLI. ARGS goes to the CLI: make preview ARGS=--diff
STACK ?= local
ARGS  ?=
ifeq ($(strip $(STACK)),)
$(error STACK is empty: leave it out for the local stack, or name one, as in STACK=dev)
endif
# What `make up` ends with; VERIFY=false leaves it out.
VERIFY ?= true
LOCAL := .local/bin/local
INSPECT := .local/bin/inspect
STATICCHECK := .local/bin/staticcheck

ifeq ($(STACK),local)
READY := $(LOCAL)
RUN    = $(LOCAL) $@ -- $(ARGS)
up: RUN = $(LOCAL) $@ -verify=$(VERIFY) -- $(ARGS)
else
READY := official
RUN    = pulumi $@ --stack $(STACK) $(FLAGS) $(ARGS)
up destroy verify why: $(INSPECT)
endif

# The program reports all that is wrong with the settings at once; the CLI would stop at the first wrong type.
up preview: FLAGS = --skip-config-validation

.PHONY: help
help: ## this list
	@echo 'make TARGET [STACK=local|dev|prod|…]   (default: local, the embedded cloud; the others are on AWS)'
	@echo
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up preview destroy verify why url open logs
up: $(READY) ## deploy the stack, verify it, and print its URL; VERIFY=false leaves the middle out
ifeq ($(STACK),local)
	@$(RUN)
else
	pulumi stack select --create $(STACK)
	$(RUN) || { $(INSPECT) why -quiet -stack $(STACK); exit 1; }
	@test $(VERIFY) != true || $(INSPECT) verify -stack $(STACK)
	@pulumi stack output url --stack $(STACK)
endif

preview: $(READY) ## show what an up would change
	@$(RUN)

destroy: $(READY) ## delete everything that the stack made, and tell what is left
	@$(RUN)
ifneq ($(STACK),local)
	@$(INSPECT) left -stack $(STACK)
endif

verify: $(READY) ## check that the app is up and private; ARGS=--help lists the options
ifeq ($(STACK),local)
	@$(RUN)
else
	@$(INSPECT) verify -stack $(STACK) $(ARGS)
endif

why: $(READY) ## say what broke
ifeq ($(STACK),local)
	@$(RUN)
else
	@$(INSPECT) why -stack $(STACK) $(ARGS)
endif

url: $(READY) ## print the public URL
ifeq ($(STACK),local)
	@$(RUN)
else
	@pulumi stack output url --stack $(STACK)
endif

open: $(READY) ## open the public URL in a browser
ifeq ($(STACK),local)
	@$(RUN)
else
	@$$(command -v xdg-open || command -v open || command -v wslview || echo echo) "$$(pulumi stack output url --stack $(STACK))"
endif

logs: $(READY) ## print what the app has logged; ARGS=--follow goes on
ifeq ($(STACK),local)
	@$(RUN)
else
	@aws logs tail $(ARGS) "$$(pulumi stack output logGroupName --stack $(STACK))"
endif

.PHONY: cost
cost: ## print what the stack costs a month on AWS, item by item
	@go run ./internal/cost/cmd -stack $(STACK)

.PHONY: local-status local-stop env
local-status: $(LOCAL) ## show what of the local cloud runs
	@$(LOCAL) status

local-stop: $(LOCAL) ## stop the local cloud; nothing is left running
	@$(LOCAL) stop

env: $(LOCAL) ## print what to export so that aws, docker and pulumi talk to the local cloud
	@$(LOCAL) env

.PHONY: test test-unit test-webapp test-e2e lint
test: lint test-unit test-webapp test-e2e ## everything, with an end-to-end run on the local cloud

test-unit: ## the tests that need neither Docker nor the local cloud
	go test ./...
	go -C inspect test ./...
	go -C local test -short ./...

test-webapp: ## the web app's own tests
	cd webapp && npm ci --no-audit --no-fund && npm test

test-e2e: $(LOCAL) ## up, no change, a new version, destroy, faults and settings, on local clouds of their own
	$(LOCAL) engine -- $(MAKE) --no-print-directory --output-sync=target -j4 e2e-deployments e2e-production e2e-matrix e2e-others

# Four parts of about the same length at the same time, since most of it is waiting.
.PHONY: e2e-deployments e2e-production e2e-matrix e2e-others
E2E := go -C local test -count=1 -timeout 55m
e2e-deployments:
	$(E2E) -run '^Test(Deployments|Mistakes)$$' ./e2e
e2e-production:
	$(E2E) -run '^TestProduction$$' ./e2e
e2e-matrix:
	$(E2E) -run '^Test(Matrix|Quiz|Rest|Verify)$$' ./e2e
e2e-others:
	$(E2E) -p=1 -skip '^Test(Deployments|Mistakes|Production|Matrix|Quiz|Rest|Verify)$$' ./dockerimage ./cloud/fargate ./e2e

lint: $(STATICCHECK) ## formatting, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted; run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go -C inspect vet ./...
	go -C local vet ./...
	$(STATICCHECK) ./...
	cd inspect && ../$(STATICCHECK) ./...
	cd local && ../$(STATICCHECK) ./...

# The command is built anew each time: the Go tool does nothing where it is up to date.
.PHONY: $(LOCAL) $(INSPECT) $(STATICCHECK) official
$(INSPECT):
	@mkdir -p $(@D) && go -C inspect build -o ../$@ ./cmd/inspect

$(LOCAL):
	@mkdir -p $(@D) && go -C local build -o ../$@ ./cmd/local

$(STATICCHECK):
	@mkdir -p $(@D) && go -C local build -o ../$@ honnef.co/go/tools/cmd/staticcheck

official:
	@test -z "$$SALLYPORT_SHELL" || { echo "this shell talks to the local cloud (make env); deploy STACK=$(STACK) to AWS from another one"; exit 1; }
	@command -v pulumi >/dev/null || { echo "STACK=$(STACK) is deployed by the official Pulumi CLI, which is not on PATH: see https://www.pulumi.com/docs/iac/download-install/"; exit 1; }
