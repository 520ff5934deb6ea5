# `make app` and `make test` create the environment, install what they need, and run. Works with GNU make 3.81 and later.

PYTHON ?= python3 python3.13 python3.12 python3.11 python3.14 python
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check
APP_READY := $(VENV)/.app-ready
DEV_READY := $(VENV)/.dev-ready
NODE := $(PY) tests/support/find_node.py
NODE_READY := node_modules/.ready
DEPLOY_READY := $(VENV)/.deploy-ready

# Leaves a working environment as it is; makes a missing, broken or unsupported one anew.
define ENSURE_VENV
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; \
if ! $(PY) -c "import pip; $$supported" 2>/dev/null; then \
	found=; \
	for python in $(PYTHON); do \
		if "$$python" -c "$$supported" 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11 to 3.14 found; install one, or name it: make PYTHON=/path/to/python3 ..." >&2; exit 1; \
	fi; \
	"$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }; \
fi
endef

.PHONY: help app serve test test-quick bench lint browser clean

help:
	@echo "make app     run the app; PORT=8600 and ADDRESS=127.0.0.1 choose where it listens, MODELS=folder adds the models in it, or names of the shelf"
	@echo "make serve   the same from several processes of this machine, behind nginx: WORKERS=2, PORT, ADDRESS and MODELS as above"
	@echo "make test    lint, then every test but the benchmarks; ARGS='-k patch' is passed to pytest"
	@echo "make test-quick   the inner loop: ruff, and the tests of the model, its costs, the state and the house"
	@echo "make bench   the benchmarks: latencies and ratios"
	@echo "make lint    ruff and mypy over the Python; ESLint, Prettier and TypeScript over the JavaScript; what is there for deploy/"
	@echo "make clean   remove caches and test output; the environment in $(VENV) stays"
	@echo "Each creates $(VENV) and installs what it needs; PYTHON=/path/to/python3 chooses the Python (3.11 to 3.14)."

$(PY):
	@$(ENSURE_VENV)

# The stamps are written last, so an interrupted installation is taken up again the next time.
$(APP_READY): requirements.txt $(PY)
	@$(ENSURE_VENV)
	@echo "Installing what the app needs into $(VENV); the first time takes a few minutes."
	@$(PIP) install -r requirements.txt
	@touch $@

$(DEV_READY): requirements.txt requirements-dev.txt $(PY)
	@$(ENSURE_VENV)
	@echo "Installing what the app and its tests need into $(VENV); the first time takes a few minutes."
	@$(PIP) install -r requirements-dev.txt
	@touch $(APP_READY) $@

app: $(APP_READY)
	@$(if $(MODELS),VIT_MODELS='$(MODELS)') $(PY) -m vit_explainer $(if $(PORT),--port $(PORT)) $(if $(ADDRESS),--address $(ADDRESS))

# One process computes on one core: as many as there are cores, or WORKERS of them. They need nginx.
serve: $(APP_READY)
	@$(PY) deploy/serve.py $(if $(WORKERS),--workers $(WORKERS)) $(if $(PORT),--port $(PORT)) $(if $(ADDRESS),--address $(ADDRESS)) $(if $(MODELS),--models '$(MODELS)')

browser: $(DEV_READY)
	@$(PY) tests/support/browser/find_browser.py --install

# Node comes from the system where it is new enough, else from a Python wheel; its packages are for the checks alone.
$(NODE_READY): package.json package-lock.json .npmrc requirements-node.txt $(DEV_READY)
	@$(NODE) --install npm ci --silent
	@touch $@

# Checkers of deploy/ that a registry of Python packages has for this system; without them the others do.
$(DEPLOY_READY): requirements-deploy.txt $(DEV_READY)
	@$(PIP) install -r requirements-deploy.txt || echo "The checkers of deploy/ cannot be installed here; the rest is checked."
	@touch $@

lint: $(DEV_READY) $(NODE_READY) $(DEPLOY_READY)
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(NODE) npm run --silent lint
	@$(PY) deploy/check.py

# Several processes, each with one thread for torch, a browser and a server of its own.
IN_PARALLEL := OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: browser lint
	@$(IN_PARALLEL) $(ARGS)

# The inner loop: no browser, no checkpoints of other projects, no training.
test-quick: $(DEV_READY)
	@$(PY) -m ruff check .
	@$(IN_PARALLEL) tests/unit --ignore tests/unit/checkpoints --ignore tests/unit/images --ignore tests/unit/train --ignore tests/unit/study \
		--ignore tests/unit/ui --ignore tests/unit/pages --ignore tests/unit/shell $(ARGS)

# Without the run-time type checks, which would be part of what is timed.
bench: browser
	@$(PY) -m pytest tests/bench --jaxtyping-packages= $(ARGS)

clean:
	@rm -rf build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
