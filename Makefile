# leadreturns: `make help` lists the targets

EXTENSION = leadreturns
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" leadreturns.control)
MODULE_big = leadreturns
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

INSTALL_PARTS = $(sort $(wildcard sql/install/*.sql))
DATA_built = sql/leadreturns--$(EXTVERSION).sql
DATA = $(wildcard sql/upgrade/*.sql)

PG_CPPFLAGS = -DLR_VERSION='"$(EXTVERSION)"' $(if $(LR_TEST),-DLR_TEST -DUSE_ASSERT_CHECKING)
PG_CFLAGS = -std=gnu99 -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
EXTRA_CLEAN = results sql/leadreturns--*.sql src/*.o src/*.bc

# The server this is for; elsewhere whatever pg_config comes first, or PG_CONFIG=...
PG_CONFIG ?= $(firstword $(wildcard /usr/lib/postgresql/15/bin/pg_config) pg_config)
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))

.DEFAULT_GOAL := all

ifneq ($(PGXS),)
# Bitcode would need the clang the server was built with and gains nothing here
override with_llvm := no
include $(PGXS)
else
# `make deps` and what depends on it must work before the server is installed
.PHONY: all install clean
all install:
	@echo 'no PostgreSQL server development files found: run "make deps" or set PG_CONFIG' >&2
	@exit 1
clean:
	rm -rf leadreturns.so $(OBJS) $(EXTRA_CLEAN)
endif

# Few enough sources to rebuild all of them. LR_TEST=1 is not tracked: clean in between.
$(OBJS): $(wildcard src/*.h) Makefile leadreturns.control

$(DATA_built): $(INSTALL_PARTS) leadreturns.control
	cat $(INSTALL_PARTS) > $@.tmp && mv $@.tmp $@

.PHONY: help deps deps-lint demo dashboard test hostile sanitize soak mutants bench lint checkver ack

help:
	@echo 'all, install    build the library and the install script; install them'
	@echo 'deps, deps-lint install the Debian packages that building, tests and lint need'
	@echo 'demo            show it at work on LEADS=leads.csv RETURNS=returns.csv'
	@echo 'dashboard       the page of reports out of the demo (doc/dashboard)'
	@echo 'test            all tests, in clusters of their own; SUITES="regress tap" for some'
	@echo 'hostile         the regress suite under hostile settings, encodings and locales'
	@echo 'sanitize        memory errors, undefined behaviour and coverage, at length'
	@echo 'soak            the model checker for long; SECONDS=60 SEEDS=10 SEED=1'
	@echo 'mutants         whether the tests notice mistakes; writes doc/mutants.md'
	@echo 'bench           measure'
	@echo 'lint, checkver  checks of the sources; that all versions agree'
	@echo 'ack             take the results of the last test run as expected'
	@echo 'clean           remove what was built'

deps:
	@test/lib/deps

deps-lint:
	@test/lib/deps lint

demo: deps
	@LEADS='$(LEADS)' RETURNS='$(RETURNS)' test/demo/run

dashboard: deps
	@doc/dashboard/build

test: deps
	@test/run $(SUITES)

hostile: deps
	@test/hostile/run all

sanitize: deps
	@test/sanitize/run

soak: deps
	@test/model/checker/run --first $(or $(SEED),1) --seeds $(or $(SEEDS),10) \
		--seconds $(or $(SECONDS),60)

mutants: deps
	@test/mutants/run

bench: deps
	@test/bench/run
	@test/bench/rates
	@test/bench/attach

lint: deps deps-lint
	@test/lib/lint

checkver:
	@test/lib/checkver

ack:
	@test -d results || { echo 'no results: run "make test" first' >&2; exit 1; }
	mkdir -p expected
	cp results/*.out expected/
