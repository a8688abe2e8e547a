# make demo   creates a virtual environment, installs torchkeras and runs a tf.keras script on torch
# make test   installs the test extra and runs the suite
# make test-slow   the tests marked slow: runs killed at many points, grids of processes, compiled fits
# make test-semantics   the core's tests with TensorFlow's ways on torch's tensors (see conftest.py)
# make test-libraries   installs Keras libraries of other authors and runs them on the drop-in
# make test-tensorflow   the corpus of scripts and all that is recorded, on TensorFlow itself, which
#   is installed beside (.venv-tensorflow), or is in the Python that TORCHKERAS_TENSORFLOW_PYTHON names
# make fuzz   mutated files for every reader, RUNS of them each, chosen by what they reach
# make lint   formats and checks

VENV ?= .venv
PYTHON ?= python3
WORKERS ?= 2
BIN := $(VENV)/bin

.PHONY: demo test test-slow test-semantics test-libraries test-tensorflow fuzz lint clean

demo: $(VENV)/.installed-demo
	$(BIN)/python -m torchkeras run examples/scripts/fashion_mnist_cnn.py

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow"

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n $(WORKERS) -m slow

test-semantics: $(VENV)/.installed-test
	TORCHKERAS_SEMANTICS=tensorflow $(BIN)/python -m pytest -q -n $(WORKERS) tests/core tests/tracer tests/layers tests/models

test-libraries: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target build/libraries --requirement tests/libraries/requirements.txt
	PYTHONPATH=$(CURDIR)/build/libraries $(BIN)/python -m pytest -q -n $(WORKERS) -m slow tests/libraries

TENSORFLOW := $(or $(TORCHKERAS_TENSORFLOW_PYTHON),$(CURDIR)/.venv-tensorflow/bin/python)

test-tensorflow: $(VENV)/.installed-test
test-tensorflow: $(if $(TORCHKERAS_TENSORFLOW_PYTHON),,.venv-tensorflow/.installed)
	TORCHKERAS_TENSORFLOW_PYTHON=$(TENSORFLOW) $(BIN)/python -m pytest -q -m tensorflow

.venv-tensorflow/.installed: tests/scripts/requirements.txt
	$(PYTHON) -m venv .venv-tensorflow
	.venv-tensorflow/bin/python -m pip install --quiet --requirement $<
	.venv-tensorflow/bin/python -m pip install --quiet --no-deps tf_keras==2.21.0
	touch $@

RUNS ?= 10000
fuzz: $(VENV)/.installed-test $(VENV)/.installed-fuzz
	$(BIN)/python tests/security/fuzz_readers.py --runs $(RUNS) --corpus build/fuzz/corpus --keep build/fuzz/findings

lint: $(VENV)/.installed-test
	$(BIN)/ruff format
	$(BIN)/ruff check

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$*]"
	touch $@

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis
