# script/env is written for bash.
SHELL := bash
.DEFAULT_GOAL := help
# `make bench --check` means `make bench-check`. make itself takes the option for its own --check-symlink-times, which it
# passes on as the letter L.
ifneq (,$(findstring L,$(firstword -$(MAKEFLAGS))))
ARGS += --check
endif
.PHONY: help run test watch lint unit e2e build bench bench-growth bench-check bench-scaling soak sbom lighthouse parity cargo-leptos clean

help: ## this list
	@awk -F ': ## ' '/^[a-z0-9-]+: ## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, serve http://localhost:3000 and make a demo user
	@exec script/run

test: ## lint, unit and e2e: must pass before a change lands
	@script/test

watch: ## rebuild and reload on every change (needs cargo-leptos)
	@script/watch

lint: ## format and clippy, for both builds
	@script/test lint

unit: ## the Rust tests
	@script/test unit

e2e: ## the browser tests, against the release build
	@script/test e2e

build: ## the release build, not started
	@script/bootstrap
	@script/build

bench: ## the benchmarks: this server and its peers (ARGS=own or peers for one part)
	@script/bench $(ARGS)

bench-growth: ## the benchmarks with up to ten million stored sessions (ARGS='--sizes 1000,100000')
	@script/bench growth $(ARGS)

bench-check: ## a short benchmark that compares ratios with their limits and fails for a regression
	@script/bench --check $(ARGS)

bench-scaling: ## a simulated day of a million users and more: what it asks of servers, memory and database
	@. script/env && cargo bench --quiet --bench scaling --no-default-features --features ssr,app,lab

soak: ## what is too long for `make test`: hostile load, random tests, mutants, browsers (ARGS='hostile random' for parts)
	@script/soak $(ARGS)

sbom: ## the bill of materials of the program (CycloneDX), in target/sbom
	@. script/env && node script/sbom.mjs

lighthouse: ## Lighthouse on the public pages, and the first load on a slow phone
	@script/test lighthouse

parity: ## compare the build with and without cargo-leptos
	@script/test-parity

cargo-leptos: ## install cargo-leptos for `make watch` (15 minutes if it must be compiled)
	@script/bootstrap cargo-leptos

clean: ## remove build output; fetched tools stay in ~/.cache/two-tokens
	@rm -rf target benches/peers/node_modules end2end/node_modules end2end/api-types/node_modules end2end/generated end2end/test-results end2end/playwright-report
