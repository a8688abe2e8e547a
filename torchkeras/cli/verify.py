"""``verify``: what each layer of a model gives, beside what Keras gives."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras.cli.models import add_inputs, opened, read_inputs
from torchkeras.cli.tables import show_table
from torchkeras.core import nested
from torchkeras.export.drawing import draw_inputs
from torchkeras.layers.base import Layer
from torchkeras.saving import files

ORACLE = Path(__file__).parent / "oracle.py"


@dataclass
class Row:
    """One call of a layer in both.

    Attributes:
        layer: Its name; empty for the model.
        kind: Its class.
        shape: Shape of its first output.
        difference: The largest difference of any number; infinite where the shapes differ.
        relative: The largest difference over the largest number that Keras gives.
        within: Whether every number is within the tolerance.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    difference: float
    relative: float
    within: bool


@dataclass
class Certificate:
    """The comparison of a model.

    Attributes:
        model: The file.
        oracle: Name, version and backend of what it was compared with.
        rtol, atol: The tolerance: ``atol + rtol * |Keras's number|``.
        rows: The calls, in the order in which Keras makes them; the whole model comes last.
        unmatched: Layers that only one of the two calls by themselves.
    """

    model: str
    oracle: str
    rtol: float
    atol: float
    rows: list[Row]
    unmatched: list[str]

    @property
    def passed(self) -> bool:
        """Whether all is within the tolerance."""
        return all(row.within for row in self.rows)


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="compare a model, layer by layer, with Keras itself",
        description="Run a model here and in Keras, on the same inputs, and show the largest "
        "difference of each layer. The exit status is 0 if all are within the tolerance, 1 if "
        "not, and 2 if they can't be compared. Keras itself opens the file: only verify files "
        "that you would open with Keras.",
    )
    parser.add_argument("model", metavar="MODEL", help=".keras or .h5 file")
    parser.add_argument("--oracle", choices=["keras"], default="keras", help="what to compare with")
    parser.add_argument(
        "--backend", default="torch", metavar="NAME", help="Keras's backend (default: torch)"
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="a Python that has Keras"
    )
    add_inputs(parser)
    parser.add_argument("--rtol", type=float, default=1e-4, help="relative tolerance (1e-4)")
    parser.add_argument("--atol", type=float, default=1e-5, help="absolute tolerance (1e-5)")
    parser.add_argument("--json", metavar="FILE", help="also write the result as JSON")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Verify what the command line names; the exit status."""
    try:
        found = verify(
            options.model,
            inputs=options.inputs,
            python=options.python,
            backend=options.backend,
            rtol=options.rtol,
            atol=options.atol,
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    show(found)
    if options.json:
        text = json.dumps({**asdict(found), "passed": found.passed}, indent=2)
        with files.replacing(options.json) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    return 0 if found.passed else 1


def verify(
    path: str,
    inputs: str | None = None,
    python: str = sys.executable,
    backend: str = "torch",
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> Certificate:
    """Compare the model in a file with Keras.

    Args:
        path: The file.
        inputs: A ``.npz`` file of inputs; None draws some.
        python: The interpreter that has Keras.
        backend: Keras's backend there.
        rtol, atol: The tolerance.

    Raises:
        OSError, ValueError, TypeError: the file, or the inputs, can't be read.
        RuntimeError: Keras can't run the model.
    """
    model = opened(path)
    arrays = read_inputs(inputs, model)
    arrays = draw_inputs(model) if arrays is None else arrays
    theirs, oracle = _in_keras(path, nested.flatten(arrays), python, backend)
    mine = _in_torchkeras(model, arrays)
    rows = [_compared(*call, mine[key], rtol, atol) for key, call in theirs.items() if key in mine]
    alone = [name for name, _ in theirs.keys() ^ mine.keys()]
    return Certificate(str(path), oracle, rtol, atol, rows, sorted(set(alone)))


Key = tuple[str, int]  # name of a layer, number of its call


def _in_keras(
    path: str, arrays: list[Any], python: str, backend: str
) -> tuple[dict[Key, tuple[str, str, list[np.ndarray]]], str]:
    """What Keras's layers give, and which Keras it is."""
    given = {f"input_{number}": _plain(array) for number, array in enumerate(arrays)}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(source, **given)
        command = [python, "-c", ORACLE.read_text(encoding="utf-8")]
        done = subprocess.run(
            [*command, os.path.abspath(path), str(source), str(target)],
            cwd=folder,
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise RuntimeError(f"Keras can't run the model: {last[0][:1000]}")
        with np.load(target, allow_pickle=False) as file:
            order = json.loads(str(file["order"]))
            calls = [
                (call["name"], call["class"], [file[str(n)] for n in call["outputs"]])
                for call in order["layers"]
            ]
    return dict(zip(_numbered(name for name, *_ in calls), calls, strict=True)), order["oracle"]


def _plain(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return array.astype(str) if array.dtype == object else array


def _numbered(names: Iterator[str]) -> Iterator[Key]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        yield name, counts[name]


def _in_torchkeras(model: Layer, arrays: Any) -> dict[Key, list[np.ndarray]]:
    """What the layers of ``model`` give; the model itself is called a second time, undisturbed."""
    calls: list[tuple[str, list[np.ndarray]]] = []

    def note(layer: nn.Module, args: Any, outputs: Any) -> None:
        calls.append((layer.name, _arrays(outputs)))

    hooks = [
        layer.register_forward_hook(note)
        for layer in model.modules()
        if isinstance(layer, Layer) and layer is not model
    ]
    try:
        with torch.no_grad():
            model(arrays, training=False)
    finally:
        for hook in hooks:
            hook.remove()
    with torch.no_grad():
        calls.append(("", _arrays(model(arrays, training=False))))
    found = [outputs for _, outputs in calls]
    return dict(zip(_numbered(name for name, _ in calls), found, strict=True))


def _arrays(outputs: Any) -> list[np.ndarray]:
    leaves = [leaf for leaf in nested.flatten(outputs) if isinstance(leaf, Tensor)]
    return [(leaf.float() if leaf.dtype is torch.bfloat16 else leaf).numpy() for leaf in leaves]


def _compared(
    name: str, kind: str, theirs: list[np.ndarray], mine: list[np.ndarray], rtol: float, atol: float
) -> Row:
    shape = theirs[0].shape if theirs else ()
    if [array.shape for array in theirs] != [array.shape for array in mine]:
        return Row(name, kind, shape, float("inf"), float("inf"), False)
    largest, relative, within = 0.0, 0.0, True
    for wanted, found in zip(theirs, mine, strict=True):
        if not wanted.size:
            continue
        wanted, found = wanted.astype("float64"), found.astype("float64")
        same = (wanted == found) | (np.isnan(wanted) & np.isnan(found))
        with np.errstate(invalid="ignore"):
            difference = np.where(same, 0.0, np.abs(wanted - found))
        difference = np.where(np.isnan(difference), np.inf, difference)
        scale = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0))
        largest = max(largest, float(difference.max()))
        relative = max(relative, float(difference.max()) / scale if scale else 0.0)
        bound = atol + rtol * np.abs(np.where(np.isfinite(wanted), wanted, 0.0))
        within = within and bool(np.all(difference <= bound))
    return Row(name, kind, tuple(shape), largest, relative, within)


def show(found: Certificate) -> None:
    """Print the table and a sentence."""
    rows = [
        (
            row.layer or "(the model)",
            row.kind,
            str(row.shape),
            f"{row.difference:.1e}",
            f"{row.relative:.1e}",
            "yes" if row.within else "no",
        )
        for row in found.rows
    ]
    show_table(("layer", "class", "shape", "difference", "relative", "within"), rows)
    wrong = sum(not row.within for row in found.rows)
    worst = max((row.difference for row in found.rows), default=0.0)
    compared = f"{len(found.rows)} outputs compared with {found.oracle}"
    if wrong:
        print(f"{compared}: {wrong} beyond atol={found.atol:g}, rtol={found.rtol:g}.")
    else:
        print(f"{compared}: all within atol={found.atol:g}, rtol={found.rtol:g}.")
    print(f"The largest difference is {worst:.1e}.")
