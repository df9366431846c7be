# The two commands: `make run` runs the demo, `make test` passes all tests. Each installs what is missing.

.DEFAULT_GOAL := help
.PHONY: help run build web test test-rust test-web test-page lint lint-web fuzz audit release deps schema screenshots lighthouse

# The tests' servers (PostgreSQL, SMTP), their browser and tracer, and what the examples run with are Debian's.
PACKAGES := postgresql chromium curl strace python3-venv python3-aiosmtpd
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## Build, then run a simulated plant at http://127.0.0.1:8080
	target/release/wattline demo

build: web ## The web page, then the release binary with the page inside
	cargo build --release --locked

web: web/node_modules ## The web page alone
	cd web && npm run build

web/node_modules examples/node/node_modules: %/node_modules: %/package-lock.json
	@command -v npm >/dev/null || { echo "Node is missing: install Node 20.19 or newer with npm (Debian: apt-get install nodejs npm)"; exit 1; }
	cd $* && npm ci
	@touch $@

# The Python that runs the examples and what tests them.
target/python: examples/python/requirements.txt web/e2e/requirements.txt
	@python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer with venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	python3 -m venv --clear $@
	$@/bin/pip install --quiet $(^:%=--requirement %) || { rm -r $@; exit 1; }
	@touch $@

test: deps test-web test-page test-rust ## Every test

test-web: web
	cd web && npm test

test-page: deps web examples/node/node_modules target/python
	cargo build --locked
	cargo build --locked --manifest-path examples/rust/Cargo.toml --target-dir target/examples
	cd web && npm run e2e

test-rust: deps
	cargo test --workspace --locked

lint: lint-web ## Formatting and lints, as strict as the tests' gate
	cargo fmt --all --check
	cargo fmt --manifest-path examples/rust/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

lint-web: web/node_modules ## The schema alone: its form, and that nothing released breaks
	cd web && npm run lint

# What parses bytes from outside; ten minutes each, or make fuzz FUZZ_SECONDS=60.
FUZZED := readings frames words detector server
FUZZ_SECONDS := 600

fuzz: ## Coverage-guided fuzzing of all that parses bytes from outside, with a nightly compiler
	@cargo +nightly --version >/dev/null 2>&1 || { echo "a nightly compiler is missing: rustup toolchain install nightly"; exit 1; }
	@command -v cargo-fuzz >/dev/null || { echo "installing cargo-fuzz"; cargo install --locked cargo-fuzz; }
	for target in $(FUZZED); do \
		mkdir -p fuzz/corpus/$$target fuzz/seeds/$$target; \
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=8192 -rss_limit_mb=4096 -timeout=30 -dict=fuzz/words.dict -print_final_stats=1 || exit 1; \
	done

# Installing takes a quarter of an hour of compiling, so it is asked for: make audit INSTALL=yes
audit: ## Licences, bans, sources and advisories of the dependencies, with cargo-deny
	@command -v cargo-deny >/dev/null || [ "$(INSTALL)" != yes ] || timeout 40m cargo install --locked cargo-deny
	@if ! command -v cargo-deny >/dev/null; then \
		echo "cargo-deny is not installed (make audit INSTALL=yes builds it): nothing is checked here; the tests hold the bans and sources of deny.toml"; \
	elif cargo deny --locked fetch db >/dev/null 2>&1; then \
		cargo deny --locked check; \
	else \
		echo "the advisory database cannot be reached: advisories are NOT checked, only what deny.toml says of licences, bans and sources"; \
		cargo deny --locked check bans licenses sources; \
	fi

release: web ## What is shipped, in target/release: the binary with its parts listed inside, and beside it as CycloneDX
	@command -v cargo-auditable >/dev/null || { echo "installing cargo-auditable"; cargo install --locked cargo-auditable; }
	@command -v cargo-cyclonedx >/dev/null || { echo "installing cargo-cyclonedx"; cargo install --locked cargo-cyclonedx; }
	cargo auditable build --release --locked
	cargo cyclonedx --format json --target all --override-filename sbom
	mv sbom.json target/release/wattline.cdx.json && rm -f entity/sbom.json migration/sbom.json
	cd target/release && sha256sum wattline wattline.cdx.json | tee wattline.sha256

schema: ## Print the GraphQL schema into schema.graphql
	cargo run --locked --quiet -- schema > schema.graphql.new && mv schema.graphql.new schema.graphql

screenshots: deps web ## Every view's picture anew, into docs/screenshots
	cargo build --locked
	cd web && npm run screenshots

lighthouse: deps web ## What Lighthouse says of each view
	cargo build --release --locked
	cd web && WATTLINE_BINARY=$(CURDIR)/target/release/wattline npm run lighthouse

deps:
	@{ ls /usr/lib/postgresql/*/bin/initdb && ls /usr/bin/chromium && command -v curl && command -v strace && python3 -c 'import ensurepip' && /usr/bin/python3 -c 'import aiosmtpd'; } >/dev/null 2>&1 || { \
		command -v apt-get >/dev/null || { echo "PostgreSQL 15 or newer, Chromium, curl, strace, Python's venv or aiosmtpd is missing: install the packages $(PACKAGES)"; exit 1; }; \
		$(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(PACKAGES); }
