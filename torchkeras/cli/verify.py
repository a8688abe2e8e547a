"""``verify``: what each layer of a model gives, beside what Keras gives."""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras.cli.certificate import TOLERANCES, USUAL, Certificate, compared
from torchkeras.cli.models import (
    FAILURES,
    add_custom,
    add_inputs,
    opened,
    read_inputs,
    run_custom,
    tell,
)
from torchkeras.cli.oracle import OPENED, STARTED, weights_like
from torchkeras.core import nested
from torchkeras.export.drawing import draw_inputs
from torchkeras.layers import RNN, TimeDistributed
from torchkeras.layers.base import Layer
from torchkeras.saving import files, report

ORACLE = Path(__file__).parent / "oracle.py"
_LONGEST_MESSAGE = 600


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
    parser.add_argument("model", metavar="MODEL", help="a file or folder that load_model reads")
    parser.add_argument(
        "--oracle",
        choices=["keras", "tf_keras"],
        default="keras",
        help="what to compare with: Keras 3, or the tf_keras package, which is Keras 2",
    )
    parser.add_argument(
        "--backend",
        default="torch",
        choices=["torch", "tensorflow", "jax", "numpy"],
        help="Keras 3's backend (default: torch)",
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="PATH",
        type=_python,
        help="a Python that has Keras",
    )
    add_custom(parser, "it is run on both sides")
    add_inputs(parser)
    parser.add_argument(
        "--gradients", action="store_true", help="also compare gradients by weights and inputs"
    )
    types = ", ".join(f"{rtol:g} in {name}" for name, (rtol, _) in TOLERANCES.items())
    parser.add_argument(
        "--rtol", type=_number, help=f"relative tolerance (default: {USUAL[0]:g}; {types})"
    )
    types = ", ".join(f"{atol:g} in {name}" for name, (_, atol) in TOLERANCES.items())
    parser.add_argument(
        "--atol", type=_number, help=f"absolute tolerance (default: {USUAL[1]:g}; {types})"
    )
    parser.add_argument("--json", metavar="FILE", help="also write the result as JSON")
    parser.set_defaults(carry_out=carry_out)


def _python(path: str) -> str:
    if shutil.which(path) is None:
        raise argparse.ArgumentTypeError(f"there is no program {path!r}")
    return path


def _number(text: str) -> float:
    with contextlib.suppress(ValueError):
        if float(text) >= 0:
            return float(text)
    raise argparse.ArgumentTypeError(f"it is {text!r}; expected a number, 0 or more")


def carry_out(options: argparse.Namespace) -> int:
    """Verify what the command line names; the exit status."""
    run_custom(options.custom)
    try:
        found = verify(
            options.model,
            inputs=options.inputs,
            python=options.python,
            backend=options.backend,
            oracle=options.oracle,
            custom=options.custom,
            gradients=options.gradients,
            rtol=options.rtol,
            atol=options.atol,
        )
        if options.json:
            with files.replacing(options.json) as temporary:
                temporary.write_text(found.to_json() + "\n", encoding="utf-8")
    except FAILURES as error:
        tell("verify", error, options.custom)
        return 2
    found.show()
    if not found.passed and options.oracle == "keras" and options.backend == "torch":
        print(
            "Keras's backends differ in places, where torchkeras follows TensorFlow: see "
            "docs/differences.md, or compare with --backend tensorflow."
        )
    return 0 if found.passed else 1


def verify(
    path: str,
    inputs: str | None = None,
    python: str = sys.executable,
    backend: str = "torch",
    oracle: str = "keras",
    custom: str | None = None,
    gradients: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
) -> Certificate:
    """Compare the model in a file with Keras.

    Args:
        path: The file.
        inputs: A ``.npz`` file of inputs; None draws some.
        python: The interpreter that has Keras.
        backend: Keras's backend there.
        oracle: ``"keras"`` or ``"tf_keras"``.
        custom: A Python file that is run there first and defines classes.
        gradients: Whether gradients are compared: those of a weighted sum of the outputs, in
            inference.
        rtol, atol: The tolerance; None follows the number types of the model.

    Raises:
        OSError, ValueError, TypeError: the file, or the inputs, can't be read.
        RuntimeError: Keras can't run the model.
    """
    model = opened(path)
    arrays = read_inputs(inputs, model)
    arrays = draw_inputs(model) if arrays is None else arrays
    usual = _usual_tolerance(model)
    tolerance = (usual[0] if rtol is None else rtol, usual[1] if atol is None else atol)
    task = {
        "oracle": oracle,
        "model": os.path.abspath(path),
        "custom": os.path.abspath(custom) if custom else None,
        "gradients": gradients,
    }
    theirs, title = _in_keras(task, arrays, python, backend)
    mine = _in_torchkeras(model, arrays)
    if gradients:
        mine |= _gradients(model, arrays)
    partners = _paired({key: outputs for key, (_, _, outputs) in theirs.items()}, mine)
    rows = [
        compared(name, kind, outputs, mine[partners[key]], *tolerance)
        for key, (name, kind, outputs) in theirs.items()
        if key in partners
    ]
    alone = {key[0] for key in theirs.keys() - partners.keys()}
    alone |= {key[0] for key in mine.keys() - set(partners.values())}
    return Certificate(str(path), title, *tolerance, rows, sorted(alone))


def _paired(theirs: "Noted", mine: "Noted") -> dict["Key", "Key"]:
    """What of ``mine`` belongs to each of ``theirs``: by name, else by order.

    Automatic names (``dense_1``) depend on what was made before. So what has no partner of its name
    is taken in order, if there is as much of it on both sides, of the same shapes. Calls of a
    shared layer that don't need each other come in any order: each has the nearest as its partner.
    """
    calls: dict[tuple[str, bool], list[Key]] = {}
    for key in mine:
        calls.setdefault(key[:2], []).append(key)
    pairs = {}
    for key in theirs:
        left = calls.get(key[:2], [])
        if left:
            distances = [_distance(theirs[key], mine[one]) for one in left] if left[1:] else [0]
            pairs[key] = left.pop(distances.index(min(distances)))
    taken = set(pairs.values())
    for is_gradient in (False, True):
        alone, others = (
            [key for key in side if key not in known and key[1] == is_gradient]
            for side, known in ((theirs, pairs), (mine, taken))
        )
        shapes = [
            [[array.shape for array in side[key]] for key in keys]
            for side, keys in ((theirs, alone), (mine, others))
        ]
        if shapes[0] == shapes[1]:
            pairs.update(zip(alone, others, strict=True))
    return pairs


def _distance(theirs: list[np.ndarray], mine: list[np.ndarray]) -> float:
    """The largest difference between what two calls give."""
    return compared("", "", theirs, mine, 0.0, 0.0).difference


def _usual_tolerance(model: Layer) -> tuple[float, float]:
    types = {layer.compute_dtype for layer in model.modules() if isinstance(layer, Layer)}
    return next((TOLERANCES[dtype] for dtype in TOLERANCES if dtype in types), USUAL)


# --- In Keras

Key = tuple[str, bool, int]  # name of a layer, whether it's a gradient, number of its call
Noted = dict[Key, list[np.ndarray]]


def _in_keras(
    task: dict[str, Any], arrays: Any, python: str, backend: str
) -> tuple[dict[Key, tuple[str, str, list[np.ndarray]]], str]:
    """What Keras's layers give, and which Keras it is."""
    flat: list[np.ndarray] = []
    structure = _numbered_leaves(arrays, flat)
    given = {f"input_{number}": array for number, array in enumerate(flat)}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(source, **given)
        task = {**task, "structure": structure, "given": str(source), "target": str(target)}
        done = subprocess.run(
            [python, "-c", ORACLE.read_text(encoding="utf-8"), json.dumps(task)],
            cwd=folder,
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(_failure(task, backend, done))
        with np.load(target, allow_pickle=False) as file:
            order = json.loads(str(file["order"]))
            calls = [
                (call["name"], call["class"], [file[str(n)] for n in call["outputs"]])
                for call in order["layers"]
            ]
    names = [(name, kind == "gradient") for name, kind, _ in calls]
    return dict(zip(_numbered(names), calls, strict=True)), order["oracle"]


def _numbered_leaves(structure: Any, flat: list[np.ndarray]) -> Any:
    """``structure`` with the places of its arrays in ``flat``, where they are put."""
    if isinstance(structure, dict):
        return {key: _numbered_leaves(structure[key], flat) for key in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        return [_numbered_leaves(value, flat) for value in structure]
    array = np.asarray(structure)
    flat.append(array.astype(str) if array.dtype == object else array)
    return len(flat) - 1


def _failure(task: dict[str, Any], backend: str, done: subprocess.CompletedProcess) -> str:
    """What went wrong in Keras, in a sentence."""
    oracle = task["oracle"]
    where = oracle if oracle != "keras" else f"Keras on {backend}"
    lines = done.stderr.strip().splitlines()
    starts = [n for n, line in enumerate(lines) if re.match(r"[\w.]+(Error|Exception)\b", line)]
    message = "\n".join(lines[starts[-1] :] if starts else lines[-1:]) or "no message"
    if STARTED not in done.stderr:
        missing = re.search(r"No module named '(tensorflow|jax)'", message)
        return (
            f"{where} can't be imported: {_shortened(message)}. Name a Python that has it "
            f"(--python), or install it there: pip install {missing[1] if missing else oracle}."
        )
    kind, _, rest = message.partition(":")
    inner = rest.rpartition("Exception encountered: ")[2]  # of a layer in the model
    text = f"{kind}: {_shortened(inner or rest)}"
    if done.returncode < 0:
        text = f"it was ended by signal {-done.returncode}"
    if OPENED in done.stderr:
        return f"{where} opens the file but can't run the model: {text}"
    if "requires TensorFlow" in text and backend != "tensorflow":
        text += ". Compare with --backend tensorflow, and --python PATH if another Python has it."
    elif oracle == "keras":
        release = str(report(task["model"]).versions.get("keras_version"))
        if release.startswith(("1.", "2.")):
            text += f". The file is of Keras {release}: compare it with --oracle tf_keras."
    return f"{where} can't open the file: {text}"


def _shortened(text: str) -> str:
    text = " ".join(re.sub(r"\x1b\[\d+m", "", text).split()).rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."


def _numbered(names: Iterable[tuple[str, bool]]) -> Iterable[Key]:
    counts: dict[tuple[str, bool], int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        yield (*name, counts[name])


# --- Here


def _in_torchkeras(model: Layer, arrays: Any) -> Noted:
    """What the layers of ``model`` give; the model itself is called again, without hooks."""
    calls: list[tuple[str, list[np.ndarray]]] = []

    callers: list[Layer] = []

    def enter(layer: nn.Module, args: Any) -> None:
        callers.append(layer)

    def note(layer: nn.Module, args: Any, outputs: Any) -> None:
        name = "/".join(caller.name for caller in callers)
        if not any(isinstance(caller, (RNN, TimeDistributed)) for caller in callers[:-1]):
            calls.append((name, _arrays(outputs)))
        callers.pop()

    within = [m for m in model.modules() if isinstance(m, Layer) and m is not model]
    hooks = [layer.register_forward_hook(note) for layer in within]
    hooks += [layer.register_forward_pre_hook(enter) for layer in within]
    try:
        with torch.no_grad(), _undisturbed(model):
            model(arrays, training=False)
    finally:
        for hook in hooks:
            hook.remove()
    with torch.no_grad(), _undisturbed(model):
        calls.append(("", _arrays(model(arrays, training=False))))
    found = [outputs for _, outputs in calls]
    return dict(zip(_numbered((name, False) for name, _ in calls), found, strict=True))


@contextlib.contextmanager
def _undisturbed(model: Layer) -> Iterator[None]:
    """Within it, the model may move its states; they are as before at the end."""
    variables = [(variable, variable.numpy().copy()) for variable in model.non_trainable_variables]
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                if name in buffers:
                    buffer.copy_(buffers[name])
        for variable, value in variables:
            variable.assign(value)


def _gradients(model: Layer, arrays: Any) -> Noted:
    """The gradients that the oracle gives, of the same sum."""
    arrays = nested.map_leaves(_wanting_gradients, arrays)
    inputs = [x for x in nested.flatten(arrays) if isinstance(x, Tensor)]
    with torch.enable_grad():
        outputs = [y for y in nested.flatten(model(arrays, training=False)) if _is_floating(y)]
        total = sum(
            (y.float() * torch.as_tensor(weights_like(y.detach().float().numpy()))).sum()
            for y in outputs
        )
    weights = list(model.trainable_variables)
    sources = [*(weight.parameter for weight in weights), *filter(_is_floating, inputs)]
    if not sources or not outputs:
        return {}
    found = torch.autograd.grad(total, sources, allow_unused=True)
    shown = [
        None if g is None else weight.layout.to_keras(g.to_dense())
        for weight, g in zip(weights, found, strict=False)
    ]
    places = [n for n, x in enumerate(nested.flatten(arrays)) if _is_floating(x)]
    names = [weight.path for weight in weights] + [f"input {n}" for n in places]
    both = [*shown, *found[len(weights) :]]
    keys = _numbered((name, True) for name in names)
    return {k: [] if g is None else _arrays(g) for k, g in zip(keys, both, strict=True)}


def _wanting_gradients(array: Any) -> Any:
    if np.asarray(array).dtype.kind not in "fiub":
        return array
    tensor = torch.as_tensor(array)
    return tensor.clone().requires_grad_() if tensor.is_floating_point() else tensor


def _is_floating(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.is_floating_point()


def _arrays(outputs: Any) -> list[np.ndarray]:
    leaves = [leaf.detach() for leaf in nested.flatten(outputs) if isinstance(leaf, Tensor)]
    return [(leaf.float() if leaf.dtype is torch.bfloat16 else leaf).numpy() for leaf in leaves]
