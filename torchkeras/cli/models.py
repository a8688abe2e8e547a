"""Model files, classes and arrays named on a command line."""

import argparse
import itertools
import os
import pickle
import re
import runpy
import sys
import zipfile
from typing import Any

import numpy as np

from torchkeras.cli.oracle import unregistered
from torchkeras.cli.run import drop_in_folder, start_as_tensorflow
from torchkeras.core import nested, settings
from torchkeras.core.checks import argument_error
from torchkeras.datasets.source import load_npz
from torchkeras.saving import get_custom_objects, load_model

# What the files that are read, saving them, and calling models on the inputs given may raise.
FAILURES = (OSError, ValueError, TypeError, RuntimeError, IndexError)
_OWN_INPUTS = "Give inputs of your own."  # what those say who can't draw any
_OF_INPUTS = "The model can't be run on these inputs: are their indices those that it has rows for?"
_OWNERS = ("report", "load_model", "load_weights", "load", "save_model", "save_weights", "migrate")


def add_custom(parser: argparse.ArgumentParser, where: str = "it is run") -> None:
    """Add the option that names a file of classes."""
    parser.add_argument(
        "--custom",
        metavar="FILE",
        type=_existing,
        help=f"a Python file that defines the model's own classes; {where}",
    )


def _existing(path: str) -> str:
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError(f"there is no file {path!r}")
    return path


def run_custom(path: str | None) -> None:
    """Run a file that defines classes, with ``keras`` and ``tensorflow`` meaning this package.

    Those of its classes and functions that it doesn't register are known by their names.
    """
    if path is None:
        return
    sys.path[:0] = [str(drop_in_folder()), os.path.dirname(os.path.abspath(path))]
    start_as_tensorflow(gradients=True)
    names = runpy.run_path(path)
    known = get_custom_objects()
    known.update(unregistered(names, known))


def tell(command: str, error: Exception | str, custom: str | None) -> None:
    """Say in a line why a command can't be carried out."""
    text = re.sub(r"^\[Errno \d+\] ", "", str(error))
    if isinstance(error, IndexError):  # of an embedding
        text = f"{text}. {_OF_INPUTS}"
    for owner in (command, *_OWNERS):
        text = text.removeprefix(f"{owner}: ")
    text = text.replace(_OWN_INPUTS, f"{_OWN_INPUTS[:-1]}: --inputs FILE names a file of them.")
    print(f"{command}: {text}{custom_hint(text, custom)}", file=sys.stderr)


def custom_hint(text: str, custom: str | None) -> str:
    """What to do about a class that isn't known, or a lambda, if ``text`` says so."""
    if "enable_unsafe_deserialization()" in text:
        return " On a command line, a Python file that --custom names may call that."
    if "custom_objects" not in text:
        return ""
    if custom is not None:
        return f" {custom!r}, which --custom names, has nothing of that name."
    return " On a command line, --custom FILE names a Python file that defines it."


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a file of inputs."""
    parser.add_argument(
        "--inputs",
        metavar="FILE",
        help="a .npz file with an array for each input, or a .npy for the only one (else: drawn)",
    )


def opened(path: str) -> Any:
    """The model in a file; nothing in it is run, and it isn't compiled.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no model that can be read.
        TypeError: it names a class that isn't known.
    """
    return load_model(path, compile=False)


def with_optimizer(path: str) -> Any:
    """The model in a file, compiled as it was, if its losses and metrics are known.

    Raises:
        FileNotFoundError, ValueError, TypeError: as ``opened``.
    """
    try:
        return load_model(path)
    except (ValueError, TypeError):
        return opened(path)


def read_inputs(path: str | None, model: Any) -> Any:
    """The arrays of a ``.npz`` or ``.npy`` file, structured as the inputs of ``model``.

    They are taken by the names of the inputs if these are there, else in their order. Without a
    file it is None.

    Raises:
        OSError: there is no such file.
        ValueError: it holds no arrays, or more or fewer of them, or other shapes, than the model
            takes.
    """
    if path is None:
        return None
    arrays = _arrays_of(path)
    names = model.input_names if model.inputs is not None else list(arrays)[:1]
    if set(names) <= set(arrays):
        given = [arrays[name] for name in names]
    elif len(names) == len(arrays):
        given = list(arrays.values())
    else:
        raise ValueError(f"{path!r} has the arrays {list(arrays)}; expected {names}.")
    types = [symbol.dtype for symbol in model.inputs or ()] or [None] * len(given)
    given = [_as_taken(array, dtype) for array, dtype in zip(given, types, strict=True)]
    for symbol, array in zip(model.inputs or (), given, strict=False):
        _check_shape(path, symbol, array)
    graph = getattr(model, "_traced_graph", None)
    if graph is None or not isinstance(graph.inputs, dict):
        return given[0] if len(given) == 1 else given
    return nested.pack_sequence_as(graph.inputs, given)


def _check_shape(path: str, symbol: Any, array: np.ndarray) -> None:
    """Refuse an array that isn't of the shape of an input of the model."""
    sizes = itertools.zip_longest(symbol.shape, array.shape, fillvalue=-1)
    if not all(own is None or own == size for own, size in sizes):
        raise argument_error(
            "--inputs", f"shape in {path!r} for the input {symbol.name!r}", array.shape,
            f"{tuple(symbol.shape)}, where None is any length",
        )  # fmt: skip


def _as_taken(array: np.ndarray, dtype: str | None) -> np.ndarray:
    """``array`` in the type of a model's input, as far as NumPy has it; None: any floats.

    NumPy's own numbers are float64.
    """
    if dtype is None and array.dtype.kind == "f":
        dtype = settings.floatx()
    is_known = array.dtype.kind in "biuf" and dtype not in (None, "string", "bfloat16")
    return array.astype(dtype, copy=False) if is_known else array


def _arrays_of(path: str) -> dict[str, np.ndarray]:
    """The arrays in a file by name; one alone has none."""
    try:
        if zipfile.is_zipfile(path):
            arrays = load_npz(path)
            if any(np.asarray(array).dtype == object for array in arrays.values()):
                raise ValueError("It holds objects")
            return arrays
        return {"": np.lib.format.open_memmap(path, mode="c")}
    except (ValueError, EOFError, pickle.UnpicklingError) as error:
        expected = "a .npz file of numbers or texts"
        raise argument_error("--inputs", "file", path, expected, f"{error}.") from error
