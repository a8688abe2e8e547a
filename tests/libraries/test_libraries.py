"""Other authors' Keras libraries run on the drop-in; ``make test-libraries`` installs them."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
MODULES = {"keras_tcn": "tcn"}  # where the import's name isn't the script's


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_library_runs_on_the_drop_in(script, tmp_path):
    module = MODULES.get(script.stem, script.stem)
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} isn't installed")
    copy = tmp_path / "script.py"  # its own name would hide the library's
    copy.write_bytes(script.read_bytes())
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "torchkeras", "run", "script.py"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout[-2000:]}\n{run.stderr[-4000:]}"
    assert run.stdout.endswith("done\n")
