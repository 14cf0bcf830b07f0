# Each target creates or updates .venv by itself; nothing needs to be installed beforehand but Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOT ?=
OUT ?= out/demo

.PHONY: demo test check bench docs format clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test,check,docs,peers]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m corecar demo $(if $(LOT),--lot "$(LOT)") --out "$(OUT)"

# Two halves side by side, for they take a quarter of an hour each; what the second one printed follows the first.
HALF := tests/bridge tests/formats tests/store
test: $(STAMP)
	@said=$$(mktemp); \
	$(BIN)/python -m pytest $(HALF) > $$said 2>&1 & second=$$!; \
	trap "kill $$second 2> /dev/null; rm -f $$said" EXIT; \
	$(BIN)/python -m pytest $(HALF:%=--ignore=%) tests; first=$$?; \
	wait $$second; other=$$?; cat $$said; \
	exit $$((first + other))

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python bench/read.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/screen.py
	$(BIN)/python bench/workspace.py

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) out site
