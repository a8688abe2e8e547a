"""Starts the tests of the drop-in packages, under ``python -m torchkeras run``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("package", ["tensorflow", "torchkeras_shim"])
def test_the_drop_ins_pass_their_tests(package):
    run = subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + [str(FOLDER / package)],
        cwd=FOLDER.parents[1],
        env={**os.environ, "TORCHKERAS_DROP_INS": "1", "PYTEST_XDIST_WORKER": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
    assert re.search(r"\d+ passed", run.stdout)
