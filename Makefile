# Everything runs in .venv, which is made from requirements.lock; again only when that or pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER := $(VENV)/.browser
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-slow test-browser lint types bench floors docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## crawl five invented outlets on this machine, import five texts, leave archive.db
	@$(BIN)/python -m tests.newsroom.demo $(if $(PORT),--first-port $(PORT))

serve: $(READY) ## open archive.db in Datasette
	@$(BIN)/tearsheet serve $(if $(PORT),--port $(PORT))

test: $(READY) ## the suite but for what is slow
	@$(BIN)/python -m pytest -n $$(((3 * $$(getconf _NPROCESSORS_ONLN) + 1) / 2)) --dist worksteal -m "not slow and not browser"  # commands wait too

test-slow: $(READY) ## crawls killed many times over, a day of polling, a year of feeds
	@$(BIN)/python -m pytest -n $$((2 * $$(getconf _NPROCESSORS_ONLN))) --dist worksteal -m slow  # crawls mostly wait

test-browser: $(BROWSER) ## the explorer as readers see it, and pages that only scripts make; needs Chromium
	@command -v chromium > /dev/null || { echo "chromium is not there; apt-get install chromium" >&2; exit 1; }
	@TEARSHEET_TEST_BROWSER=1 $(BIN)/python -m pytest -n 2 --dist loadscope -m browser

lint: $(READY) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict on crawler/ and pipelines/
	@$(BIN)/mypy

bench: $(READY) ## quality and speed beside trafilatura and plain Scrapy
	@$(BIN)/python -m bench.quality
	@$(BIN)/python -m bench.sites --if-present
	@$(BIN)/python -m bench.speed
	@$(BIN)/python -m bench.crawl

floors: $(READY) ## fail where text or fields are worse than bench/floors.json says
	@$(BIN)/python -m bench.quality --check

docs: $(READY) ## write the generated pages of docs/ anew
	@$(BIN)/python -m pipelines.cli.manual > docs/cli.md
	@$(BIN)/python docs/build.py

clean: ## remove .venv and caches; archives stay
	rm -rf $(VENV) .venv-datasette1 .venv-scrapyd .venv-parquet .mypy_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is not there; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Tearsheet needs Python 3.11 or newer, and \
	$(PYTHON) is " + sys.version.split()[0] + "; name another one, for example: make PYTHON=python3.12 demo")'
	@echo "setting up $(VENV); this takes about a minute" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@touch $@

$(BROWSER): requirements-browser.lock $(READY)
	@$(PIP) --require-hashes --no-deps -r requirements-browser.lock
	@$(BIN)/python -m pip check -qq --disable-pip-version-check
	@touch $@
