"""What a model is called on: tensors to try it with, open sizes, names."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.export.drawing import ROOMY, draw_inputs, symbols_of
from torchkeras.layers.base import Layer


@dataclass(frozen=True)
class Arguments:
    """The positional arguments of a call.

    Attributes:
        tensors: Examples.
        sizes: ``Sizes`` of each tensor, structured as they are.
        names: Names of the tensors, in order.
    """

    tensors: tuple[Any, ...]
    sizes: tuple[Any, ...]
    names: list[str]


class Sizes:
    """A shape as one leaf of a structure; None where it is open."""

    def __init__(self, sizes: tuple[int | None, ...]) -> None:
        self.sizes = tuple(sizes)


class _Symbol:
    def __init__(self, shape: tuple[int | None, ...], dtype: str) -> None:
        self.shape, self.dtype, self.ndim = tuple(shape), dtype, len(shape)


def arguments_of(model: Layer, input_signature: Any = None) -> Arguments:
    """What a model can be called on.

    Args:
        model: A built model.
        input_signature: Shapes and types; a list has one for each argument, or for each input of a
            functional model. None takes what the model remembers.

    Raises:
        RuntimeError: the model isn't built, or doesn't remember what it is called on.
        ValueError: it takes texts, or a specification has no shape.
    """
    if input_signature is None:
        given: tuple[Any, ...] = (remembered(model),)
    elif _is_one_each(model, input_signature):
        given = tuple(input_signature)
    else:
        given = (input_signature,)
    symbols = nested.map_leaves(as_symbol, given)
    for symbol in nested.flatten(symbols):
        if symbol.dtype == "string":
            raise argument_error(
                "export", "input", f"texts of {model.name}", "numbers, torch has no texts",
                "Export the part behind TextVectorization or StringLookup, and call those before.",
            )  # fmt: skip
    arrays = draw_inputs(model, symbols=symbols, spread=True, lengths=ROOMY)
    tensors = nested.map_leaves(torch.as_tensor, arrays)
    if any(isinstance(part, Layer) and not part.built for part in model.modules()):
        with torch.no_grad():  # layers that are built where they are called first
            model(*tensors, training=False)
    sizes = nested.map_leaves(lambda symbol: Sizes(symbol.shape), symbols)
    return Arguments(tensors, sizes, _names(model, given, input_signature is not None))


def remembered(model: Layer) -> Any:
    """Shapes and types of what a model is called on. The batch of a first call on numbers is no
    other's, unless states of that length are kept."""
    symbols = symbols_of(model)
    is_kept = any(getattr(part, "stateful", False) for part in model.modules())
    if getattr(model, "_traced_graph", None) is not None or is_kept:
        return symbols
    return nested.map_leaves(lambda s: _Symbol((None, *s.shape[1:])[: s.ndim], s.dtype), symbols)


def _is_one_each(model: Layer, signature: Any) -> bool:
    """Whether a signature has one part for each argument, not for each input of the only one."""
    if not isinstance(signature, (list, tuple)):
        return False
    if getattr(model, "_traced_graph", None) is not None:
        return len(signature) == 1
    called = model._call_signature
    return len(signature) == 1 or called.has_varargs or len(called.positional) >= len(signature)


def as_symbol(spec: Any) -> Any:
    """Shape and type of a specification, a symbolic tensor or a tensor, whose batch is open.

    Raises:
        ValueError: it has no shape.
    """
    if isinstance(spec, Tensor):
        open_batch = (None, *spec.shape[1:]) if spec.ndim else ()
        return _Symbol(open_batch, str(spec.dtype).removeprefix("torch."))
    if getattr(spec, "shape", None) is None:
        raise argument_error(
            "export", "input_signature", spec, "specifications with a shape",
            'Try [keras.InputSpec(shape=(None, 4), dtype="float32")].',
        )  # fmt: skip
    return _Symbol(tuple(spec.shape), str(getattr(spec.dtype, "name", spec.dtype) or "float32"))


def _names(model: Layer, given: tuple[Any, ...], are_named: bool) -> list[str]:
    """Names of the inputs: what a signature says, else the model's, keys or numbers."""
    pairs = nested.flatten_with_path(given)
    own = getattr(model, "input_names", None) or ()
    own = own if len(own) == len(pairs) else (None,) * len(pairs)
    said = [getattr(spec, "name", None) if are_named else None for _, spec in pairs]
    return [
        str(first or second or joined(path[1:]) or f"input_{number}")
        for number, (first, second, (path, _)) in enumerate(zip(said, own, pairs, strict=True))
    ]


def joined(path: tuple[Any, ...]) -> str:
    """Keys of dicts on the way to a leaf, and positions below them; "" without keys."""
    return "_".join(map(str, path)) if any(isinstance(key, str) for key in path) else ""
