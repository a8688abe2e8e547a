"""Model files and arrays named on a command line."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.core import nested
from torchkeras.saving import load_model


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a file of inputs."""
    parser.add_argument(
        "--inputs", metavar="FILE", help=".npz file with an array for each input (else: drawn)"
    )


def opened(path: str) -> Any:
    """The model in a file; nothing in it is run, and it isn't compiled.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no model that can be read without classes of its author's.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"{path!r} isn't there; expected a .keras or .h5 file.")
    return load_model(path, compile=False)


def read_inputs(path: str | None, model: Any) -> Any:
    """The arrays of a ``.npz`` file, structured as the inputs of ``model``; None for no file.

    They are taken by the names of the inputs if these are there, else in their order.

    Raises:
        ValueError: there are more or fewer of them.
    """
    if path is None:
        return None
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    names = model.input_names if model.inputs is not None else list(arrays)[:1]
    if set(names) <= set(arrays):
        given = [arrays[name] for name in names]
    elif len(names) == len(arrays):
        given = list(arrays.values())
    else:
        raise ValueError(f"{path!r} has the arrays {list(arrays)}; expected {names}.")
    graph = getattr(model, "_graph", None)
    if graph is None or not isinstance(graph.inputs, dict):
        return given[0] if len(given) == 1 else given
    return nested.pack_sequence_as(graph.inputs, given)
