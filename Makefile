# One command for each task; scripts/ does the work. `make help` lists the commands.

.DEFAULT_GOAL := help
.PHONY: help run test build install examples asan tsan fuzz soak coverage bench bench-quick bench-micro
.PHONY: neighbours format lint fresh check-all setup clean
.NOTPARALLEL:

help:  ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run:  ## Set up, build, and serve the examples; ARGS="-l 0.0.0.0:80" passes flags
	@exec scripts/run $(ARGS)

test:  ## Set up, build, and run every test
	@scripts/test

build:  ## Build the release binary, build/wagi
	@scripts/setup packages
	@scripts/build release wagi

# install builds nothing, since under sudo it would build all again in root's own cache.
install:  ## Install what make build built, and its documentation: PREFIX=/usr/local, DESTDIR=
	@test -x build/wagi || { echo "there is no build/wagi yet: run make build first" >&2; exit 1; }
	@cmake --install build --prefix "$(or $(PREFIX),/usr/local)"

examples:  ## Build the example modules that there is a compiler for
	@scripts/setup guests
	@scripts/build-examples

asan: setup-clang  ## Every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test asan

tsan: setup-clang  ## Every test under ThreadSanitizer
	@scripts/test tsan

fuzz: setup-clang  ## Every fuzz target for SECONDS=60, or those that match NAME=
	@scripts/fuzz "$(or $(SECONDS),60)" "$(NAME)"

soak: setup  ## Abuse a server 100,000 times and see that it doesn't grow; ARGS="--requests 1000"
	@scripts/soak $(ARGS)

coverage: setup  ## Every test, and how much of src/ they reach
	@scripts/coverage

bench: build examples build-micro  ## Measure against other servers; bench/README.md says how
	@python3 bench/run.py $(ARGS)

bench-quick: build  ## The first four goals, in under two minutes
	@python3 bench/run.py --quick $(ARGS)

bench-micro: examples build-micro  ## Measure single parts, and count their instructions
	@build/bench-micro/micro $(ARGS) build/examples/hello-c.wasm build/examples/hello-go.wasm
	@python3 bench/instructions.py

.PHONY: build-micro
build-micro:
	@scripts/setup bench
	@scripts/build bench-micro micro

neighbours: build  ## Measure what a request waits for beside programs that take what they can
	@tests/guests/build && python3 bench/neighbours.py $(ARGS)

format: setup-clang  ## Rewrite the sources in the house's format
	@scripts/format

lint: setup-clang  ## Check format, scripts, and what clang-tidy finds
	@scripts/lint

fresh:  ## Run README's two commands on a bare Debian 12 and see what they leave out; ARGS="--keep"
	@scripts/fresh $(ARGS)

check-all:  ## All that make test leaves out, into docs/checks.md; ARGS="lint soak" names some, SECONDS=
	@scripts/check-all --seconds "$(or $(SECONDS),60)" $(ARGS)

setup:  ## Install what is missing; quiet where nothing is
	@scripts/setup

.PHONY: setup-clang
setup-clang:
	@scripts/setup clang

clean:  ## Remove build/; what was fetched stays in the cache
	rm -rf build
