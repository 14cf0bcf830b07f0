# Each target creates or updates .venv by itself; nothing needs to be installed beforehand but Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOT ?=
ARGS ?=
OUT ?= out/demo

.PHONY: demo test check bench docs format clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[web,test,check,docs,peers]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m corecar demo --out "$(OUT)" $(if $(LOT),--lot "$(LOT)",$(ARGS))

test: $(STAMP)
	$(BIN)/python -m tests.halves

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
	$(BIN)/python bench/match.py
	$(BIN)/python bench/plan.py
	$(BIN)/python bench/plan_gaps.py
	$(BIN)/python bench/plan_growth.py
	$(BIN)/python bench/plan_chances.py
	$(BIN)/python bench/expand.py
	$(BIN)/python bench/stress.py
	$(BIN)/python bench/serve.py
	$(BIN)/python bench/web.py

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) out site
