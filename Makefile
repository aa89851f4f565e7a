# The lock is complete, so nothing is resolved at installation (--no-deps).
# `make demo` and `make test` need a python3 of at least 3.11 and nothing else.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: install demo serve docs test bench drift enhancement accuracy challenge lint lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "porelake needs Python >= 3.11; say which: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: install
	$(BIN)/porelake demo --out demo-lake

# The clock: PORELAKE_LAKE, PORELAKE_FROM and JSOC_EMAIL say for what; docs/operating.md.
serve: install
	$(BIN)/porelake clock

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# With notebooks executed on a demo lake, in docs/_build/html.
docs: install
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

test: lint docs
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

# Or some groups of tables: make bench ONLY=chain,cubes
bench: install
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

# Are ratios of speed and size still those of benchmarks/stored? The report is in .benchmarks/drift.md.
drift: install
	$(BIN)/python -m benchmarks.guard --out .benchmarks/drift.md

# Two to five minutes; needs the real records beside the clone.
enhancement: install
	$(BIN)/python -m benchmarks.doubling_page

accuracy: install
	$(BIN)/python -m benchmarks.accuracy

# 25 to 40 minutes; e.g. CHALLENGE="--seeds 1..5 --trackers porelake --mistakes" for a look at one tracker.
challenge: install
	$(BIN)/python -m benchmarks.challenge $(CHALLENGE)

# Resolves again what pyproject.toml allows (needs `uv`); names, versions and hashes only.
lock:
	uv pip compile pyproject.toml --extra chain --extra tensorflow --extra scale --extra trackers --extra docs --extra dev --universal --generate-hashes --no-annotate --no-header --upgrade -o requirements.lock

clean:
	rm -rf .venv demo-lake .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* docs/_build
