"""What a caller gives to a functional model, fitted to the inputs of its graph."""

from typing import Any

from torch import Tensor, fx

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error, nearest
from torchkeras.core.notices import warn
from torchkeras.core.scopes import local
from torchkeras.layers.preprocessing.texts import is_text, text_array
from torchkeras.layers.structures import is_text_array
from torchkeras.tracer import Graph, KerasTensor, is_symbolic


def adapted(model: Any, graph: Graph, inputs: Any, mask: Any = None) -> list[Any]:
    """``inputs`` as the flat list that the graph takes.

    Structures and names are matched, integers cast to what the input declares, and ranks that
    differ by a last axis of length 1 are made equal.
    """
    symbols = graph.flat_inputs
    if len(symbols) == 1 and type(inputs) is Tensor:
        if mask is None and graph.fits(inputs):
            return [inputs]
        values = [inputs]
    else:
        values = match_structure(model, graph, inputs)
    flat = [fitted(model, symbol, value) for symbol, value in zip(symbols, values, strict=True)]
    if mask is not None:
        for value, part in zip(flat, nested.flatten(mask), strict=True):
            if part is not None:
                value._keras_mask = part
    return flat


def match_structure(model: Any, graph: Graph, inputs: Any) -> list[Any]:
    """Leaves of ``inputs`` in the order of the graph's inputs."""
    wanted = graph.inputs
    if len(graph.flat_inputs) == 1 and isinstance(inputs, (list, tuple)) and is_text(inputs):
        return [text_array(inputs)]
    if isinstance(inputs, fx.Proxy) and len(graph.flat_inputs) > 1:
        return [inputs[path[0]] for path, _ in nested.flatten_with_path(wanted)]
    if isinstance(inputs, dict):
        if len(inputs) > len(graph.flat_inputs):
            _warn_of_ignored(model, graph, inputs)
        if isinstance(wanted, dict):
            names = list(nested.flatten_with_path(wanted))
            if all(len(path) == 1 for path, _ in names):
                return [_named(model, inputs, path[0], symbol) for path, symbol in names]
        else:
            return [_named(model, inputs, symbol.name, symbol) for symbol in graph.flat_inputs]
    values = nested.flatten(inputs)
    if len(values) != len(graph.flat_inputs):
        raise ValueError(
            f'{type(model).__name__} "{model.name}": {len(values)} input tensors were given; '
            f"expected {len(graph.flat_inputs)}: "
            f"{[(symbol.name, symbol.shape) for symbol in graph.flat_inputs]}."
        )
    return values


def outputs_as_declared(model: Any, graph: Graph, inputs: Any) -> Any:
    """Shapes and types of what the graph gives for inputs like those it was made of; else None.

    No layer runs for that, which one may not be able to before its vocabulary has been read.
    """
    given = match_structure(model, graph, inputs)
    for symbol, declared in zip(given, graph.flat_inputs, strict=True):
        if not is_symbolic(symbol) or symbol.dtype != declared.dtype:
            return None
        if tuple(symbol.shape) != tuple(declared.shape):
            return None
    return nested.map_leaves(lambda end: KerasTensor(end.shape, end.dtype), graph.results)


def _warn_of_ignored(model: Any, graph: Graph, inputs: dict[str, Any]) -> None:
    """Say which entries of a dict the model has no input for."""
    known = {symbol.name for symbol in graph.flat_inputs}
    known |= {path[0] for path, _ in nested.flatten_with_path(graph.inputs) if path}
    ignored = sorted(str(key) for key in set(inputs) - known)
    if ignored:
        warn(
            f'{type(model).__name__} "{model.name}": the structure of `inputs` doesn\'t match the '
            f"expected structure: {ignored} did not match any model input. They will be ignored."
        )


def _named(model: Any, inputs: dict[str, Any], name: str, symbol: Any) -> Any:
    for key in (name, symbol.name):
        if key in inputs:
            return inputs[key]
    if _is_optional(symbol):
        return None
    raise ValueError(
        f'{type(model).__name__} "{model.name}": Missing data for input "{name}". You passed a '
        f"data dictionary with keys {sorted(inputs)}. {nearest(name, inputs)}".rstrip()
    )


def fitted(model: Any, symbol: Any, value: Any) -> Any:
    """``value`` in the rank and kind of number that ``symbol`` declares."""
    if not isinstance(value, Tensor):
        if isinstance(value, fx.Proxy):
            return value
        if value is None:
            _check_optional(model, symbol)
            return value
        if hasattr(type(value), "rows_at"):  # of a kind that layers have to know themselves
            return value
        value = model._converted_first(model._converted_input(value))
        if not isinstance(value, Tensor):
            _check_text(model, symbol, value)
            if not is_text_array(value):
                return value
    shape = symbol.shape
    rank = value.ndim
    if rank != len(shape):
        mask = getattr(value, "_keras_mask", None)
        if rank == len(shape) + 1 and value.shape[-1] == 1:
            value = value[..., 0]
        elif rank == len(shape) - 1 and shape[-1] == 1:
            value = value[..., None]
        else:
            _wrong_shape(model, symbol, value)
        if mask is not None:
            value._keras_mask = mask
    for size, wanted in zip(value.shape, shape, strict=True):
        if wanted is not None and size != wanted and model._checks_sizes:
            _wrong_shape(model, symbol, value)
    if not isinstance(value, Tensor):
        return value
    if symbol.dtype == "string" and local.shape_run:
        return value  # which stands for texts where shapes alone are known
    if symbol.dtype == "string":
        raise kind_error(
            model, f'input "{symbol.name}"', f"a tensor of {value.dtype}", "strings",
            "Give them as a NumPy array or a list.",
        )  # fmt: skip
    if not value.is_floating_point() and symbol.is_floating_point() and not value.is_complex():
        return value.to(model._compute_dtype)
    return value


def _is_optional(symbol: Any) -> bool:
    operation = symbol.call.operation if symbol.call is not None else None
    return getattr(operation, "optional", False)


def _check_optional(model: Any, symbol: Any) -> None:
    if not _is_optional(symbol):
        raise argument_error(
            model,
            f'input "{symbol.name}"',
            None,
            f"a tensor of shape {symbol.shape}",
            "Input(..., optional=True) may be left out.",
        )


def _check_text(model: Any, symbol: Any, value: Any) -> None:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in ("O", "S", "U") and symbol.dtype != "string":
        raise kind_error(
            model,
            f'input "{symbol.name}"',
            f"an array of {value.dtype}",
            f"numbers ({symbol.dtype})",
            "Turn text into numbers first, or declare Input(..., dtype='string').",
        )


def _wrong_shape(model: Any, symbol: Any, value: Tensor) -> None:
    raise ValueError(
        f'{type(model).__name__} "{model.name}": Invalid input shape for input "{symbol.name}". '
        f"Expected shape {symbol.shape}, but input has incompatible shape {tuple(value.shape)}"
    )
