"""Run the corpus on one side, and compare what two runs of a script showed."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

# Float noise is small after the first epoch and grows from there, as weights drift apart.
FIRST, LATER = 1e-3, 2e-2
ABSOLUTE = 1e-3

FOLDER = Path(__file__).resolve().parent
CORPUS = FOLDER / "corpus"
RECORDED = FOLDER / "recorded.json"
# Names the interpreter that has TensorFlow; it needn't have torchkeras.
TENSORFLOW = "TORCHKERAS_TENSORFLOW_PYTHON"
# The folder of scripts that TensorFlow only runs with tf_keras.
KERAS_2 = "keras_2/"


def script_names() -> list[str]:
    """The scripts of the corpus, by their paths without a suffix."""
    paths = [path.relative_to(CORPUS).with_suffix("") for path in CORPUS.rglob("*.py")]
    return sorted(path.as_posix() for path in paths)


def run_side(side: str, names: Iterable[str]) -> dict[str, Any]:
    """What scripts show on ``"tensorflow"`` or ``"torchkeras"``, by their names."""
    names = list(names)
    if side == "torchkeras":
        return _run(sys.executable, side, names, PYTHONPATH=str(FOLDER.parents[1]))
    python = os.environ[TENSORFLOW]
    old = [name for name in names if name.startswith(KERAS_2)]
    found = _run(python, side, old, TF_USE_LEGACY_KERAS="1") if old else {}
    new = [name for name in names if name not in old]
    return found | (_run(python, side, new) if new else {})


def _run(python: str, side: str, names: list[str], **environment: str) -> dict[str, Any]:
    scripts = [str(CORPUS / f"{name}.py") for name in names]
    own = {"OMP_NUM_THREADS": "1", "KERAS_BACKEND": "tensorflow", **environment}
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        command = [python, str(FOLDER / "runner.py"), side, str(results), *scripts]
        run = subprocess.run(
            command, env={**os.environ, **own}, capture_output=True, text=True, check=False
        )
        if not results.is_file():
            raise RuntimeError(f"{side}: the runner ended with {run.returncode}.\n{run.stderr}")
        found = json.loads(results.read_text())
    return {name: found[Path(name).name] for name in names}


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What ``found`` shows other than ``expected``, in words; empty if nothing."""
    if "error" in found:
        return [found["error"]]
    pairs = list(zip(expected["rows"], found["rows"], strict=False))
    told = [words for number, pair in enumerate(pairs) if (words := _row(number, *pair))]
    if len(expected["rows"]) != len(found["rows"]):
        told.append(f"{len(found['rows'])} results; expected {len(expected['rows'])}")
    return told


def _row(number: int, expected: list[Any], found: list[Any]) -> str:
    (where, wanted), (place, given) = expected, found
    if where != place:
        return f"result {number} is of {place}; expected one of {where}"
    if isinstance(wanted, dict):
        if set(wanted) != set(given):
            return f"result {number}, {where}: {sorted(given)}; expected {sorted(wanted)}"
        told = [words for key in wanted if (words := _series(wanted[key], given[key], key, FIRST))]
        return f"result {number}, {where}: {'; '.join(told)}" if told else ""
    words = _series(wanted, given, "numbers", LATER)
    return f"result {number}, {where}: {words}" if words else ""


def _series(wanted: list[float], given: list[float], name: str, first: float) -> str:
    if len(wanted) != len(given):
        return f"{name} are {given}; expected {wanted}"
    relative = np.full(len(wanted), LATER)
    relative[:1] = first
    distance = np.abs(np.subtract(wanted, given))
    near = distance <= relative * np.abs(wanted) + ABSOLUTE
    same = near | (np.isnan(wanted) & np.isnan(given)) | np.equal(wanted, given)
    return "" if same.all() else f"{name} are {given}; expected {wanted}"
