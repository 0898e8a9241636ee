# Front doors. Each brings the Debian packages that it needs and is safe to repeat.
#   make            a release build in build/
#   make demo       build, generate a data set, train on it, evaluate, draw pictures
#   make test       everything: unit, gradient, golden, property, bad input, end to end; then again under sanitizers
#   make install    program, libraries, headers into PREFIX (/usr/local), below DESTDIR if that is set
#   make gpu-check  on a machine with a GPU: builds the CUDA backend, checks it, times it; a short table last
#   make gpu-bundle packs the third-party packages for a machine that has a GPU and no package registry
#   make lab        the kernel lab: versions of kernels side by side, counted on the emulator, timed where there is a GPU
#   make lab-device compiles the lab, and the worked example, for a device; needs a CUDA toolkit, no GPU
#   make fuzz       libFuzzer over every reader of untrusted files: SECONDS=60 of the processor each, HARNESS="image json" for some alone
#   make soak       200 kills, 10,000 predictions, threads under ThreadSanitizer: what takes too long for make test
#   make lint       clang-format, clang-tidy, shellcheck
#   make clean      removes what these made
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: build install demo test test-release test-sanitizers fuzz soak lint format deps lint-deps clean gpu-check gpu-bundle lab lab-device

JOBS ?= $(shell nproc)
BUILD_PACKAGES := g++ cmake ninja-build pkg-config git ca-certificates libdnnl-dev ocl-icd-opencl-dev libstb-dev doctest-dev \
                  libcli11-dev libfmt-dev nlohmann-json3-dev libzip-dev
LINT_PACKAGES := clang-format-14 clang-tidy-14 shellcheck
FUZZ_PACKAGES := clang-14 libclang-rt-14-dev libomp-14-dev

# $(call install,packages): installs those that are missing, with sudo where we are not root. Says so, once.
define install
missing=(); for package in $(1); do \
  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing+=($$package); \
done; \
if [ $${#missing[@]} -gt 0 ]; then \
  echo "installing: $${missing[*]}"; \
  as_root=; [ "$$(id -u)" -eq 0 ] || as_root=sudo; \
  $$as_root apt-get update -qq; \
  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $${missing[@]} >/dev/null; \
fi
endef

deps:
	@$(call install,$(BUILD_PACKAGES))

lint-deps: deps
	@$(call install,$(LINT_PACKAGES))

# A few files at a time is quicker than one by one. Whoever edits and rebuilds configures a folder without it.
UNITY := -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=6

# Says one line about the CUDA backend, and everything if it fails.
define configure
log=$$(mktemp); cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release $(UNITY) >$$log 2>&1 || { cat $$log; rm -f $$log; exit 1; }; \
sed -n 's/^-- CUDA backend:/CUDA backend:/p' $$log; rm -f $$log
endef

build: deps
	@$(configure)
	@cmake --build build -j $(JOBS)

PREFIX ?= /usr/local
install: build
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)'

demo: deps
	@$(configure)
	@cmake --build build -j $(JOBS) --target mddnet
	@bash bench/demo.sh build/mddnet build/demo

test: test-release test-sanitizers

test-release: build
	@ctest --test-dir build --output-on-failure -j $(JOBS)

# AddressSanitizer and UndefinedBehaviorSanitizer over what reads untrusted files and what computes; ThreadSanitizer over
# the code that starts threads of its own (OpenMP's runtime is not built for it).
test-sanitizers: deps
	@cmake -S . -B build-asan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
	  -DMDDNET_SANITIZE=address,undefined $(UNITY) >/dev/null
	@cmake --build build-asan -j $(JOBS) --target sanitized_tests
	@ctest --test-dir build-asan --output-on-failure -j $(JOBS) -L sanitized
	@cmake -S . -B build-tsan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
	  -DMDDNET_SANITIZE=thread $(UNITY) >/dev/null
	@cmake --build build-tsan -j $(JOBS) --target threaded_tests
	@ctest --test-dir build-tsan --output-on-failure -j $(JOBS) -L threaded

# Clang's libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer; tests/fuzz/run.sh says what it leaves where.
SECONDS := 60
HARNESS :=
fuzz: deps
	@$(call install,$(FUZZ_PACKAGES))
	@cmake -S . -B build-fuzz -G Ninja -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 \
	  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' -DMDDNET_CUDA=OFF \
	  -DMDDNET_SANITIZE=fuzzer-no-link,address,undefined >/dev/null
	@cmake --build build-fuzz -j $(JOBS) --target fuzz_programs
	@bash tests/fuzz/run.sh build-fuzz $(SECONDS) $(HARNESS)

# Minutes each; bench/trust has them one by one.
soak: deps
	@$(configure)
	@cmake --build build -j $(JOBS) --target mddnet
	@bash bench/trust/kill.sh build/mddnet build/trust/kill
	@bash bench/trust/soak.sh build/mddnet build/trust/soak
	@bash bench/trust/threads.sh

# Installs nothing: such machines often cannot.
gpu-check:
	@bash bench/gpu_check.sh

gpu-bundle:
	@bash bench/gpu_bundle.sh

lab: deps
	@$(configure)
	@JOBS=$(JOBS) bash bench/lab/run.sh build

lab-device: deps
	@$(configure)
	@cmake --build build -j $(JOBS) --target lab_timed tour_device

SOURCES = git ls-files $(foreach folder,src weights cuda tests bench,$(foreach kind,h cpp cu cuh,'$(folder)/*.$(kind)'))
# What clang-tidy looks at. The host code of cuda/ that needs no CUDA headers is compiled in every build, for the emulator.
TIDIED = $(SOURCES) | grep -E '^(src/|weights/|cuda/runtime/|cuda/ops/|cuda/cuda_backend).*\.cpp$$' | grep -v stb_implementation

lint: lint-deps
	@cmake -S . -B build-lint -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
	@sed -i 's/ -fno-gnu-unique//g' build-lint/compile_commands.json  # an option of g++ alone
	@$(SOURCES) | xargs clang-format-14 --dry-run -Werror
	@git ls-files '*.sh' .ci/run | xargs shellcheck
	@$(TIDIED) \
	  | xargs -P $(JOBS) -n 4 clang-tidy-14 -p build-lint --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-sign-conversion --extra-arg=-Wno-unknown-pragmas 2>/dev/null
	@echo "lint: clean"

format: lint-deps
	@$(SOURCES) | xargs clang-format-14 -i

clean:
	@rm -rf build build-asan build-tsan build-fuzz build-lint build-gpu .gpu-bundle
