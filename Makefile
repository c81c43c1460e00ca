# `make run` on a bare machine with Python 3.11 or later; `make help` lists the rest.
# Nothing is installed outside .venv, and nothing again while the locks stay as they are.

PYTHONS = $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14
BIN = .venv/bin
PYTEST ?= -n 2 --dist loadgroup
BENCH ?=
FAULTS ?= CONSENTADMIN_FAULT_RUNS=20 CONSENTADMIN_FAULT_SIZE=20 CONSENTADMIN_FAULT_SECONDS=30 \
	CONSENTADMIN_FAULT_BULK=1000 CONSENTADMIN_FAULT_KILLS=20 CONSENTADMIN_TRIALS=200
JOURNEYS ?= tests/browser
CONTRARY ?= transport,selectors,identifiers,choices,profiles,activities,bulk,referentials
LOCK = $(BIN)/uv pip compile -q pyproject.toml --generate-hashes --universal \
	--python-version 3.11 --no-header --no-annotate $(UPGRADE)
CHROMIUM = apt-get install -y --no-install-recommends chromium
TEMPLATES = find templates consentadmin -name '*.html' -print0
# mypy and makemigrations read the settings, those of development; they need no database.
LINT_ENV = DEBUG=1 DATABASE_URL=postgres://nobody@127.0.0.1:1/none CONSENTADMIN_DATABASE_POOL=0

.DEFAULT_GOAL = help
.PHONY: help run test faults journeys lint style types floors templates migrations format bench lock clean browser

help: ## list what make can do
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: .venv/.local ## start everything, seed once, print the address; Ctrl-C stops it
	@exec $(BIN)/python -m consentadmin.local run --parent-death

test: .venv/.dev browser ## run the whole suite; PYTEST="…" replaces its options
	$(BIN)/python -m pytest $(PYTEST)

faults: .venv/.dev ## try every fault again and again, print the table; FAULTS="…" sets the sizes
	env $(FAULTS) $(BIN)/python -m pytest $(PYTEST) tests/faults tests/audit

journeys: .venv/.dev browser ## walk every browser journey where all that nobody documents is turned round
	env CONTRARY=$(CONTRARY) $(BIN)/python -m pytest $(JOURNEYS)

lint: style types floors templates migrations ## check all of it (make -k lint: to the end)

style: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.dev
	$(LINT_ENV) $(BIN)/mypy

floors: .venv/.dev
	$(BIN)/lint-imports

templates: .venv/.dev
	$(TEMPLATES) | xargs -0 -r $(BIN)/djade --check --target-version 5.2

migrations: .venv/.dev
	$(LINT_ENV) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: .venv/.dev ## write code and templates as lint wants them
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(TEMPLATES) | xargs -0 -r $(BIN)/djade --target-version 5.2

bench: .venv/.dev ## measure; BENCH="…" is handed on
	$(BIN)/python -m bench $(BENCH)

lock: .venv/.made ## write the three locks; UPGRADE=--upgrade takes newer versions
	@test -x $(BIN)/uv || { echo "make lock needs uv: $(BIN)/pip install uv" >&2; exit 1; }
	$(LOCK) --extra dev -o requirements-dev.lock
	$(LOCK) --extra local -c requirements-dev.lock -o requirements-local.lock
	$(LOCK) -c requirements-dev.lock -o requirements.lock

clean: ## remove .venv and all that can be made again; var/, which holds data, stays
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

browser:
	@command -v chromium >/dev/null || { \
		echo "The tests need Chromium. Install it with: $(CHROMIUM)" >&2; exit 1; }

# The virtual environment, made by the first Python that is new enough.
.venv/.made:
	@set -e; found=; \
	for candidate in $(PYTHONS); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "consentadmin needs Python 3.11 or later: install it, or name it: make PYTHON=…" >&2; \
		exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found has no venv module. Install it, on Debian with:" \
			"apt-get install -y --no-install-recommends python3-venv" >&2; \
		exit 1; \
	fi; \
	if $(BIN)/python -c '' 2>/dev/null; then clear=; else clear=--clear; fi; \
	echo "Making .venv with $$($$found --version)"; \
	$$found -m venv $$clear .venv; \
	test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check uv \
		|| echo "uv can't be had: pip will do, and take longer."
	@touch $@

.venv/.local: requirements-local.lock .venv/.made
	@$(call install,$<)
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.made
	@$(call install,$<)
	@touch $@

# uv needs a second where pip needs a quarter of a minute; both check every hash.
define install
echo "Installing $(1)"; \
if [ -x $(BIN)/uv ] && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1); \
then :; \
else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
endef
