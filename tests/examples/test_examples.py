"""Every example runs to its end; each asserts its own results."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
NATIVE = sorted((ROOT / "examples").glob("*.py"))
SCRIPTS = sorted((ROOT / "examples" / "scripts").glob("*.py"))
DEMO = "fashion_mnist_cnn"
RUN = ("-m", "torchkeras", "run")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")


def run(*words: object, **environment: str) -> str:
    """Output of a Python command line; it must succeed."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.stem)
def test_native_examples_run(path):
    run(path)


@pytest.mark.parametrize(
    "path", [path for path in SCRIPTS if path.stem != DEMO], ids=lambda path: path.stem
)
def test_tensorflow_scripts_run_as_they_stand(path):
    assert "torchkeras" not in path.read_text(encoding="utf-8").partition('"""\n')[2]
    run(*RUN, path)


def test_the_demo_falls_back_to_digits_and_says_so(tmp_path):
    script = (ROOT / "examples" / "scripts" / f"{DEMO}.py").read_text(encoding="utf-8")
    assert "fashion_mnist.load_data()" in script
    broken = script.replace("fashion_mnist.load_data()", "nowhere.load_data()")
    (tmp_path / "demo.py").write_text(broken, encoding="utf-8")
    output = run(*RUN, tmp_path / "demo.py")
    assert "Fashion-MNIST can't be had here" in output
    assert "Data: scikit-learn's handwritten digits" in output
    accuracy = float(output.rpartition("Test accuracy ")[2].split(",")[0])
    assert accuracy > 0.9


def weights(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a weights file but the optimizer's."""
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


@pytest.mark.parametrize(
    "words", [("examples/data_parallel.py",), (*RUN, "examples/scripts/data_parallel.py")]
)
def test_two_processes_give_the_weights_of_one(words, tmp_path):
    alone, together = tmp_path / "alone.weights.h5", tmp_path / "together.weights.h5"
    run(*words, "--weights", alone)
    output = run(*TORCHRUN, *words, "--weights", together)
    assert output.count("Epoch 1/3") == 1, "one process prints, and only one"
    first, second = weights(alone), weights(together)
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_allclose(second[name], array, atol=1e-5, err_msg=name)
