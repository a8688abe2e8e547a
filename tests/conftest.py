"""Settings of the whole suite: the oracle's backend, threads, random draws of hypothesis."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"  # before the real keras is imported

import hypothesis
import oracle
import pytest
import torch

import torchkeras
from torchkeras.core import dtypes, serialization

torch.set_num_threads(1)
hypothesis.settings.register_profile(
    "suite", deadline=None, max_examples=15, derandomize=True, print_blob=True
)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(config, items):
    """Leave out what runs TensorFlow itself unless ``-m`` speaks of it; without one, skip it."""
    marked = [item for item in items if item.get_closest_marker("tensorflow")]
    if "tensorflow" not in config.option.markexpr:
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if not item.get_closest_marker("tensorflow")]
    elif not os.environ.get(oracle.VARIABLE):
        for item in marked:
            item.add_marker(pytest.mark.skip(f"{oracle.VARIABLE} names no Python"))


@pytest.fixture(autouse=True)
def fresh_session():
    """Names count from the start, and a test's default policy ends with it."""
    torchkeras.utils.clear_session(free_memory=False)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=False)
    dtypes._Default.policy = None
    seed()


def seed():
    """What ``torch.manual_seed(0)`` does, which notes its whole stack for devices not in use."""
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(0)


@pytest.fixture
def written_elsewhere(monkeypatch):
    """Lambdas are written as if by another process, so that their code isn't known here."""
    monkeypatch.setattr(serialization, "_dump_own_code", serialization.dump_code)
