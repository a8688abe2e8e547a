# make demo   creates a virtual environment, installs torchkeras and runs a tf.keras script on torch
# make test   installs the test extra and runs the suite
# make lint   formats and checks

VENV ?= .venv
PYTHON ?= python3
WORKERS ?= 2
BIN := $(VENV)/bin

.PHONY: demo test lint clean

demo: $(VENV)/.installed-demo
	$(BIN)/python -m torchkeras run examples/scripts/fashion_mnist_cnn.py

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n $(WORKERS)

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
