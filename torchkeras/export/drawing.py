"""Inputs for a model, drawn at random."""

import functools
from typing import Any

import numpy as np
import torch

from torchkeras.core import nested
from torchkeras.core.checks import moment_error
from torchkeras.layers.base import Layer
from torchkeras.layers.structures import symbols_of_shape

# Lengths tried for axes that the model leaves open.
LENGTHS = (16, 7, 32, 64, 128, 224, 299)
# The same for programs, which take it for settled what comes out with a length of 1.
ROOMY = (64, 128, 224, 299, 32, 16, 7)
# Attributes of layers that say which numbers they take.
_COUNTS = ("input_dim", "num_tokens")
_WORDS = ("a", "b", "the", "of", "and")


def draw_inputs(
    model: Layer,
    batch: int = 3,
    seed: int = 0,
    symbols: Any = None,
    spread: bool = False,
    lengths: tuple[int, ...] = LENGTHS,
) -> Any:
    """Arrays that ``model`` can be called on, structured as its inputs.

    Floats are drawn from the normal distribution, integers from those that every embedding in the
    model has a row for, and floats that go into an embedding too; texts from a few words.

    Args:
        model: A built model or layer.
        batch: Length of the first axis, where the model leaves it open.
        seed: Of the numbers.
        symbols: Shapes and types; None takes the model's own.
        spread: Whether they are a tuple of arguments.
        lengths: What is tried for axes that the model leaves open.

    Raises:
        RuntimeError: the model doesn't remember what it is called on, or takes none of the lengths
            tried for an open axis.
    """
    symbols = symbols_of(model) if symbols is None else symbols
    is_open = any(n is None for s in nested.flatten(symbols) for n in s.shape[1:])
    rows, indices = _rows(model), _indices(model)
    # Without a graph it isn't known which floats are indices, so that one has to try.
    is_known = getattr(model, "_traced_graph", None) is not None or not rows
    below = min(rows, default=2)
    error: Exception | None = None
    for length in lengths if is_open else lengths[:1]:
        for chosen in (indices,) if is_known else (indices, None):
            generator = np.random.default_rng(seed)
            draw = functools.partial(_array, batch, length, below, generator, chosen)
            arrays = nested.map_leaves(draw, symbols)
            if not is_open and is_known:
                return arrays
            try:
                with torch.no_grad():
                    model(*(arrays if spread else (arrays,)), training=False)
            except (RuntimeError, ValueError, IndexError) as failure:
                error = failure
                continue
            return arrays
    raise moment_error(
        model, f"takes none of the lengths {lengths} ({error})", "Give inputs of your own."
    )


def symbols_of(model: Layer) -> Any:
    """Shapes and types of what a model is called on.

    Raises:
        RuntimeError: it doesn't remember them.
    """
    graph = getattr(model, "_traced_graph", None)
    if graph is not None:
        single = isinstance(graph.inputs, (list, tuple)) and len(graph.inputs) == 1
        return graph.inputs[0] if single else graph.inputs
    shapes = model._build_arguments
    if not shapes:
        raise moment_error(
            model, "doesn't remember the shape of its input", "Give inputs of your own."
        )
    return symbols_of_shape(next(iter(shapes.values())), model.compute_dtype)


def _rows(model: Layer) -> list[int]:
    """Numbers of rows of the embeddings, and of tokens of the encodings."""
    found = [getattr(module, key, None) for module in model.modules() for key in _COUNTS]
    return [rows for rows in found if isinstance(rows, int)]


def _indices(model: Any) -> set[int]:
    """Of a graph's symbolic tensors those that ``_rows`` limits, whatever their type."""
    graph, found = getattr(model, "_traced_graph", None), set()
    for call in graph.calls if graph is not None else ():
        inner = getattr(call.operation, "_traced_graph", None)
        if any(isinstance(getattr(call.operation, key, None), int) for key in _COUNTS):
            found |= {id(symbol) for symbol in call.inputs}
        elif inner is not None:
            within = _indices(call.operation)
            pairs = zip(call.inputs, inner.flat_inputs, strict=False)
            found |= {id(symbol) for symbol, own in pairs if id(own) in within}
    return found


def _array(
    batch: int, length: int, below: int, generator: Any, indices: set[int] | None, symbol: Any
) -> np.ndarray:
    """An array like a symbolic tensor, which is one of ``indices``; None says that all are."""
    first, *rest = (*symbol.shape, None)[: max(symbol.ndim, 1)]
    shape = [batch if first is None else first, *(length if n is None else n for n in rest)]
    if symbol.dtype == "string":
        return generator.choice(np.array(_WORDS, dtype=object), shape)
    if symbol.dtype == "bool":
        return generator.integers(0, 2, shape).astype(bool)
    if indices is None or id(symbol) in indices or "int" in symbol.dtype:
        return generator.integers(0, below, shape).astype(symbol.dtype)
    return generator.normal(size=shape).astype(
        "float32" if symbol.dtype == "bfloat16" else symbol.dtype
    )
