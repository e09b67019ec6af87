# Needs nothing but Python 3.11+, make and git. Everything else is fetched into .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SET_UP := $(VENV)/.set-up
PAGES := webui/static/dist/.stamp
WORKERS ?= auto
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help run test soak lint bench build docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: export LICET_URL ?= http://127.0.0.1:$(PORT)
run: $(SET_UP)-run $(PAGES) ## install, build the pages, fill in the demonstration hall, serve it
	@$(BIN)/licet init --demo
	@$(BIN)/licet serve --demo --port $(PORT)

test: $(SET_UP)-test $(PAGES) ## the whole suite; PostgreSQL from its wheel, browser tests where a Chromium is found
	$(BIN)/python -m pytest -n $(WORKERS)

soak: $(SET_UP)-test $(PAGES) ## the tests with sizes, at their full sizes (long)
	LICET_SOAK=1 $(BIN)/python -m pytest -m soak

lint: $(SET_UP)-test ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy --strict engine adapters webui
	$(BIN)/lint-imports

bench: $(SET_UP)-run ## every benchmark, one JSON object each
	$(BIN)/licet bench

build: $(PAGES) ## only the pages' scripts, styles and translations

docs: | $(BIN)/python ## the drawing of the house, the shapes of files, the common processes and the templates, from their sources
	$(BIN)/python -m docs.house.drawing
	$(BIN)/python -m docs.house.shapes
	$(BIN)/python -m docs.house.processes
	$(BIN)/python -m docs.house.letters

# The build keeps a digest of its sources itself; make only saves it the look.
$(PAGES): $(SET_UP)-run $(shell find webui/assets webui/*/assets webui/translations -name node_modules -prune -o -type f ! -name '*.mo' -print 2>/dev/null) webui/build.py
	$(BIN)/python webui/build.py

$(SET_UP)-run: EXTRAS := build
$(SET_UP)-test: EXTRAS := build,test,lint
$(SET_UP)-run $(SET_UP)-test: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'setuptools>=77'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[$(EXTRAS)]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Licet needs Python 3.11 or later; $(PYTHON) is older, or not there. Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "$(PYTHON) can't create environments (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }

clean: ## remove the environment and everything built (var/, the data, stays)
	rm -rf $(VENV) build webui/static/dist webui/assets/node_modules *.egg-info
