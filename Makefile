# Leadflow. `make help` says what there is. Needs git, make and Python 3.11 with pip and venv.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# Files side by side, those of servers one after another beside the others, the fast ones first and
# the browser's once the servers are up; what is run is counted by lines and branches.
ASIDE = -n $(SIDES) --dist loadfile --no-loadscope-reorder
TESTS := tests/flows tests/unit tests/browser tests/integration tests/real_data
MEASURED := --cov --cov-report=
# Two more than there are processors, up to four: some wait for servers and the database.
SIDES = $(shell $(PYTHON) -c 'import os; print(min(4, 2 + (os.cpu_count() or 1)))')
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Hundreds of processes load the same modules: each is compiled once.
unexport PYTHONDONTWRITEBYTECODE
OURS := src flows tasks models features expectations deployments

.DEFAULT_GOAL := help
.PHONY: help demo up down test test-long test-api surface client check notebooks simulate-year hooks bench-% clean

help: ## Say what there is
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: $(INSTALLED) ## See leads come in, be learned from, approved, scored and assigned
	@$(BIN)/leadflow demo

up: $(INSTALLED) ## Start all servers; Ctrl-C ends them
	@$(BIN)/leadflow up

down: $(INSTALLED) ## End the servers that run in the background
	@$(BIN)/leadflow down

test: $(INSTALLED) ## Run every test but the long ones, on servers they start themselves; 80 % of branches and lines must be covered
	@rm -rf .coverage
	@$(BIN)/pytest -m "not long" $(ASIDE) $(MEASURED) $(TESTS)
	@$(BIN)/coverage report --fail-under=80

test-long: $(INSTALLED) ## Run the tests that take minutes each, and all with more examples; some 40 minutes
	@LEADFLOW_TESTS=long $(BIN)/pytest $(ASIDE) $(TESTS)

test-api: $(INSTALLED) ## Ask the API everything that its description says, as every role; a quarter of an hour
	@$(BIN)/python -m tests.contract.run

surface: $(INSTALLED) ## Write down what others rely on: addresses, deployments, settings, commands …
	@$(BIN)/python -m tests.surface

client: $(INSTALLED) ## Make the Python client of today's API, to be installed: clients/python/README.md
	@$(BIN)/python -m clients.python.generate

check: $(INSTALLED) ## Lint, types, import rules, and whether the lock file is current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/uv lock --check

notebooks: $(INSTALLED) ## Open the notebooks in Jupyter, on the store of this installation, which they only read
	@$(BIN)/uv sync --quiet --locked --group notebooks
	@LEADFLOW_READ_ONLY=true $(BIN)/jupyter lab notebooks

simulate-year: $(INSTALLED) ## Live through a simulated year, in which the market changes twice; TO=page.html keeps what happened
	@$(BIN)/python -m benchmarks.simulated_year $(if $(TO),--to $(TO))

hooks: $(INSTALLED) ## Run the programs of `make check` before every commit from now on
	@$(BIN)/pre-commit install

bench-%: $(INSTALLED) ## Measure a claim: bench-intake, bench-gateway, bench-scoring, bench-scaling, bench-assignment, bench-flows, bench-model, bench-coldstart, bench-importing, bench-inbox, bench-rescoring, bench-rules, bench-searching, bench-audit, bench-approvals, bench-background, bench-kills, bench-campaigns, bench-dispatching, bench-features, bench-simulating, bench-sending, bench-console, bench-terminal
	@$(BIN)/python -m benchmarks.$*

clean: ## Remove what was installed and every cache; keeps the data in .leadflow
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist

# pip checks the hashes of uv, uv those of everything else.
$(BIN)/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
		|| { echo "Leadflow needs Python 3.11 or 3.12: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.txt
	@touch $@

$(INSTALLED): $(BIN)/uv uv.lock pyproject.toml
	@echo "Installing the packages of uv.lock (once, about a minute) …"
	@$(BIN)/uv sync --quiet --locked --compile-bytecode
	@$(BIN)/python -m compileall -q -j 0 $(OURS)
	@touch $@
