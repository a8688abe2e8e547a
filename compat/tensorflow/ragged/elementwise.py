"""Functions of each element of ragged tensors, and their operators."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.text import as_texts

from tensorflow.ragged.tensor import RaggedTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error


def _operator(function: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The method of an operator, and that of it with the sides exchanged."""

    def apply(self: RaggedTensor, other: Any) -> Any:
        return combined(function, self, other)

    def turned(self: RaggedTensor, other: Any) -> Any:
        return combined(function, other, self)

    return apply, turned


def _of_one(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self: map_flat_values(function, self)


def combined(function: Callable[..., Any], x: Any, y: Any) -> Any:
    """``function`` of two operands, of which one at least is ragged, element by element.

    Raises:
        ValueError: rows of both differ in length, or a tensor doesn't fit the rows.
    """
    form = x if isinstance(x, RaggedTensor) else y
    if isinstance(x, RaggedTensor) and isinstance(y, RaggedTensor):
        form = x if x.ragged_rank >= y.ragged_rank else y
        if int(y.bounding_shape()[1]) > int(x.bounding_shape()[1]) and form is x:
            form = y
    return form.with_flat_values(function(_fitted(x, form), _fitted(y, form)))


def _fitted(x: Any, form: RaggedTensor) -> Any:
    """The value that ``x`` has where each flat value of ``form`` stands."""
    if x is form:
        return x.flat_values
    if isinstance(x, RaggedTensor):
        same = zip(x.nested_row_splits, form.nested_row_splits, strict=False)
        if x.ragged_rank == form.ragged_rank and all(torch.equal(*pair) for pair in same):
            return x.flat_values
        if bool((x.row_lengths() == 1).all()) and x.ragged_rank == 1:
            return x.flat_values[form.coordinates()[0]]
        raise argument_error(
            "tf.RaggedTensor", "row lengths", x.row_lengths(), f"those of {form.row_lengths()}"
        )
    if isinstance(x, (int, float, bool, complex)):
        return x
    x = convert_to_tensor(x)
    rank = len(form.shape)
    if x.ndim > rank:
        raise argument_error("tf.RaggedTensor", "rank of a tensor", x.ndim, f"at most {rank}")
    if x.ndim <= rank - 1 - form.ragged_rank:
        return x
    sizes = (1,) * (rank - x.ndim) + tuple(x.shape)
    x = x.reshape(sizes)
    places = []
    for size, place, lengths in zip(
        sizes, form.coordinates(), (None, *form.nested_row_lengths()), strict=False
    ):
        fits = size == len(form) if lengths is None else bool((lengths == size).all())
        if size != 1 and not fits:
            raise argument_error(
                "tf.RaggedTensor", "shape", tuple(x.shape), f"one that fits rows of {form.shape}"
            )
        places.append(place if size != 1 else torch.zeros_like(place))
    if isinstance(x, Tensor):
        return x[tuple(places)]
    return as_texts(np.asarray(x)[tuple(place.numpy() for place in places)])


def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``op`` of the flat values of ragged arguments; the result lies in the same rows.

    Raises:
        ValueError: there are two ragged arguments and their rows differ.
    """
    found = [a for a in (*args, *kwargs.values()) if isinstance(a, RaggedTensor)]
    if not found:
        return op(*args, **kwargs)
    form = found[0]
    args = tuple(_fitted(a, form) if isinstance(a, RaggedTensor) else a for a in args)
    kwargs = {
        key: _fitted(a, form) if isinstance(a, RaggedTensor) else a for key, a in kwargs.items()
    }
    return form.with_flat_values(op(*args, **kwargs))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor"):
    _plain = _name.rstrip("_")
    _apply, _turned = _operator(getattr(operator, _name))
    setattr(RaggedTensor, f"__{_plain}__", _apply)
    setattr(RaggedTensor, f"__r{_plain}__", _turned)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(RaggedTensor, f"__{_name}__", _operator(getattr(operator, _name))[0])
for _name in ("neg", "abs", "invert"):
    setattr(RaggedTensor, f"__{_name}__", _of_one(getattr(operator, _name)))


# What layers ask of torch that goes value by value.
_OF_VALUES = {functional.embedding, functional.dropout, functional.relu, functional.gelu}


def _asked_by_torch(
    kind: type, function: Any, types: Any, args: Any = (), kwargs: Any = None
) -> Any:
    if function not in _OF_VALUES:
        raise TypeError(
            f"{getattr(function, '__name__', function)}: its argument is a tf.RaggedTensor; "
            "expected a tensor. Try to_tensor()."
        )
    return map_flat_values(function, *args, **(kwargs or {}))


RaggedTensor.__torch_function__ = classmethod(_asked_by_torch)
