"""Starts the tests of the drop-in packages, under ``python -m torchkeras run``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("package", ["tensorflow", "tensorflow_datasets", "torchkeras_shim"])
def test_the_drop_ins_pass_their_tests(package):
    passes(package)


@pytest.mark.tensorflow
def test_tensorflow_gives_what_was_recorded_for_the_drop_ins():
    passes("tensorflow", "-m", "tensorflow")


def passes(package: str, *options: str) -> None:
    """Run the tests of a drop-in package in a process of their own."""
    run = subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + [str(FOLDER / package), *options],
        cwd=FOLDER.parents[1],
        env={**os.environ, "TORCHKERAS_DROP_INS": "1", "PYTEST_XDIST_WORKER": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
    assert re.search(r"\d+ passed", run.stdout)
