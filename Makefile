# Each target sets up first what it needs; set-up runs again only when a file it reads has changed.
.DEFAULT_GOAL := help
.PHONY: demo test rounding quick bench lab lint setup clean help

PYTHON ?= python3
# One more than the two processors of a small machine, since many tests wait. Set it to more on a larger one.
WORKERS ?= 3
TORCH_INDEX ?=

# nbgrader starts `alembic`, and nbconvert `jupyter`, from PATH: both must be this environment's, whatever is activated.
# Some containers let Python keep no compiled files: then each of a thousand processes compiles this package anew.
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH" PYTHONDONTWRITEBYTECODE= .venv/bin/python -m
# In the order of their folders: the files with few tests are the longest, and would come last.
PYTEST := $(RUN) pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

SOLUTIONS := $(PYTEST) --nbval --nbval-current-env --nbval-sanitize-with tests/notebooks/sanitize.cfg solutions

demo: setup  ## release the lessons, make a sample class, grade it, and show the result
	@$(RUN) tests.demo

# All three run whatever the others say. The tests come last, so that their summary is the last line.
test: setup  ## run every test, and every notebook
	@failed=0; \
	$(SOLUTIONS) || failed=1; \
	$(PYTEST) --nbval-lax --nbval-current-env notebooks || failed=1; \
	$(PYTEST) || failed=1; \
	exit $$failed

# Processors and libraries round in other ways; `noise.py` moves each rounded result by its last two bits.
rounding: setup  ## run the solutions as machines do that round in other ways
	@failed=0; noisy=$$(mktemp -d); mkdir -p $$noisy/profile_default/startup; \
	cp tests/notebooks/noise.py $$noisy/profile_default/startup/; \
	IPYTHONDIR=$$noisy NOISE_SEED=1 $(SOLUTIONS) || failed=1; \
	ATEN_CPU_CAPABILITY=default OPENBLAS_CORETYPE=Prescott MKL_CBWR=COMPATIBLE OMP_NUM_THREADS=1 $(SOLUTIONS) || failed=1; \
	ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell MKL_CBWR=AVX2 OMP_NUM_THREADS=2 $(SOLUTIONS) || failed=1; \
	rm -rf $$noisy; exit $$failed

quick: setup  ## check style and types, and run the tests of what changed, in half a minute
	@$(RUN) tests.quick

# In a container one is often root, and JupyterLab then asks for this flag.
ALLOW_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

bench: setup  ## measure how fast checks, grading and the report are
	@$(RUN) tests.bench

lab: setup  ## open the course in JupyterLab
	@$(RUN) jupyter lab --LabApp.default_url=/lab/tree/notebooks/README.md $(ALLOW_ROOT)

lint: setup  ## check style, format and types
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

setup: .venv/.ready .venv/.system  ## make .venv with everything in it (the others do this themselves)

# `.unfinished` becomes `.ready` only at the end: pip takes a package it was stopped in the middle of for installed,
# so a set-up that did not finish starts from nothing.
.venv/.ready: pyproject.toml constraints.txt binder/overrides.json
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and there is no '$(PYTHON)'. $(OTHER_PYTHON)" >&2; exit 1; }
	@$(PYTHON) -c "import sys; v = sys.version_info[:3]; v >= (3, 11) or sys.exit('Python 3.11 or newer is needed; \'$(PYTHON)\' is Python %d.%d.%d. $(OTHER_PYTHON)' % v)"
	@if [ -e .venv/.unfinished ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --clear .venv; \
	fi
	@touch .venv/.unfinished
	.venv/bin/python -m pip install --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) \
		-c constraints.txt -e '.[dev]'
	@mkdir -p .venv/share/jupyter/lab/settings
	@cp binder/overrides.json .venv/share/jupyter/lab/settings/
	@# The first import on a machine lists its fonts, and may say so on stderr, which would cost a check cell its points.
	@.venv/bin/python -c 'import matplotlib.font_manager'
	@mv .venv/.unfinished $@

OTHER_PYTHON := Name another one: make PYTHON=python3.12

.venv/.system: tools/system-packages tools/hub-proxy | .venv/.ready
	@tools/system-packages
	@tools/hub-proxy
	@touch $@

clean:  ## remove .venv, caches and the demo's files
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist demo *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile
	@echo 'Variables: PYTHON=python3.12 for another Python; TORCH_INDEX=URL for an index with a CPU build of torch;'
	@echo '           WORKERS=4 for more tests at a time.'
