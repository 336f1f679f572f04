# SPDX-License-Identifier: GPL-2.0-or-later
# A thin face for meson. `make` builds build/lastword and build/lastword-init; `make help` lists the rest.
BUILD ?= build
DESTDIR ?=
PREFIX ?= /usr

FUZZ_SECONDS ?= 60

.PHONY: all help deps check asan fuzz demo test test-matrix bench format clean install deb rpm

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

deps: ## install what building, testing and the demo need (apt or dnf; root); scripts/deps build: the first alone
	@scripts/deps

$(BUILD)/build.ninja: | meson.build
	@meson setup $(BUILD) --prefix $(PREFIX) -Dwerror=true > /dev/null

check: all ## unit tests, layers and format: seconds
	@meson test -C $(BUILD) --no-rebuild --quiet --print-errorlogs --timeout-multiplier 4 > $(BUILD)/check.log || { cat $(BUILD)/check.log; exit 1; }
	@scripts/check-layers
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' | xargs clang-format --dry-run -Werror

asan: ## the unit tests under AddressSanitizer and UndefinedBehaviourSanitizer
	@[ -d build-asan ] || CC=clang meson setup build-asan -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false > /dev/null
	@meson test -C build-asan --quiet --print-errorlogs --timeout-multiplier 4

fuzz: ## the parsers under libFuzzer, FUZZ_SECONDS each (clang); TARGETS='elf kdump' picks
	@[ -d build-fuzz ] || CC=clang meson setup build-fuzz -Dwerror=true -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false > /dev/null
	@ninja -C build-fuzz --quiet fuzz
	@scripts/fuzz build-fuzz $(FUZZ_SECONDS) $(TARGETS)

demo: deps ## a kernel crashes in QEMU; what was saved (root)
	@$(MAKE) --no-print-directory all
	@python3 -m tests.vm.demo

test: deps ## all of `check`, then real kernels crash in QEMU (root)
	@$(MAKE) --no-print-directory all
	@python3 -m tests.vm --group test $(ROWS)

test-matrix: deps ## the other rows: kernels, faults, oracles, figures (root); ROWS='pages-* ext4-*' picks
	@$(MAKE) --no-print-directory all
	@python3 -m tests.vm --group matrix $(ROWS)

bench: deps ## time and memory beside makedumpfile, crash and drgn: 18 minutes (root)
	@$(MAKE) --no-print-directory all
	@ninja -C $(BUILD) --quiet tests/bench/codec_limit tests/bench/select_limit
	@python3 -m tests.bench

format: ## clang-format over the tree
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' | xargs clang-format -i

install: all ## into DESTDIR
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

deb: ## Debian packages, source and binary, into build/packages (debhelper)
	@scripts/package deb

rpm: ## RPM packages, source and binary, into build/packages (rpmbuild)
	@scripts/package rpm

clean: ## remove what was built
	@rm -rf build build-*
