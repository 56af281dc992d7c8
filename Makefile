# Two commands for a fresh machine with python3, pip and make: `make run` and `make test`.
# `make check` is all that CI runs.

UV_VERSION := 0.13.9
UV := .tools/bin/uv
PY := .venv/bin/python
RUN_PY := .venv-run/bin/python
PACKAGES := listener connectors nlp storage config

.PHONY: run test cover check lint types imports browser reference docs bench image faults release lock clean

$(UV):
	python3 -m pip install -q --disable-pip-version-check --target .tools uv==$(UV_VERSION)

# What runs: the locked dependencies without any build or test tool.
.venv-run/.ok: requirements.lock build.lock pyproject.toml | $(UV)
	$(UV) venv -q --allow-existing --python python3 .venv-run
	$(UV) pip sync -q --python $(RUN_PY) --require-hashes requirements.lock build.lock
	$(UV) pip install -q --python $(RUN_PY) --no-deps --no-build-isolation -e .
	touch $@

# What develops: the same, and the tools.
.venv/.ok: requirements-dev.lock pyproject.toml | $(UV)
	$(UV) venv -q --allow-existing --python python3 .venv
	$(UV) pip sync -q --python $(PY) --require-hashes requirements-dev.lock
	$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	touch $@

run: .venv-run/.ok
	.venv-run/bin/listener demo

# A file is one worker's; those that take longest begin first (tests/support/order.py).
SUITE := -n auto --dist loadfile --no-loadscope-reorder
test: .venv/.ok
	$(PY) -m pytest $(SUITE) -m "not browser and not container and not faults"

# The same, and which lines no test runs: it takes twice as long.
cover: .venv/.ok
	$(PY) -m pytest $(SUITE) -m "not browser and not container and not faults" --cov --cov-report=term

check: lint types imports test browser

lint: .venv/.ok
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

types: .venv/.ok
	$(PY) -m mypy

imports: .venv/.ok
	.venv/bin/lint-imports

browser: .venv/.ok
	$(PY) -m pytest $(SUITE) -m browser tests/browser tests/arch/test_docs_site.py

# The pages in docs/reference, from the code.
reference: .venv/.ok
	$(PY) -m scripts.reference

# The documentation as a site, in build/docs; a link that leads nowhere is an error.
docs: reference
	$(PY) -m sphinx -W --keep-going -q -d build/.docs -c docs . build/docs

bench: .venv/.ok
	$(PY) benchmarks/run.py

# Needs root, buildah and debootstrap: builds the image without a container engine, and tries it.
image: .venv/.ok
	scripts/image.sh

# Kills, full disks, locks and broken connections, on the shipped command; TIMES=200 as a release must pass it.
# Needs root and Debian's faketime; what cannot be tried without them is listed, and the end is a failure.
TIMES ?= 3
faults: .venv/.ok | $(UV)
	$(PY) scripts/faults.py --times $(TIMES)

# The wheel, tried, with its checksums, bill of materials and licences, in dist/; and the image. Publishes nothing.
IMAGE ?= yes
release: .venv/.ok | $(UV)
	$(PY) scripts/release.py --uv $(UV) --image $(IMAGE)

# Written anew after a change of the dependencies in pyproject.toml.
COMPILE := pip compile -q --no-header --no-annotate --generate-hashes --no-emit-index-url --universal --python-version 3.11
lock: | $(UV)
	$(UV) $(COMPILE) pyproject.toml -o requirements.lock
	$(UV) $(COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	$(UV) $(COMPILE) build.in -c requirements-dev.lock -o build.lock
	$(UV) $(COMPILE) image.in -o image.lock

clean:
	rm -rf .tools .venv .venv-run .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage* build dist demo *.egg-info
