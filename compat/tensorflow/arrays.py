"""The form of tensors: reshaping, joining, cutting, repeating."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.sizes import Sizes, as_size, as_sizes
from torchkeras_shim.text import Texts, as_texts, octets_of

from tensorflow.ragged import RaggedTensor
from tensorflow.ragged import stack as stack_ragged
from tensorflow.ragged.making import concat as joined_along
from tensorflow.ragged.making import expand_dims as expand_ragged
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.tracer import traceable


def _of_texts_too(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that only moves elements, for texts as well: it moves their numbers."""
    first = next(iter(inspect.signature(function).parameters))

    @functools.wraps(function)
    def apply(*args: Any, **kwargs: Any) -> Any:
        x = args[0] if args else kwargs.get(first)
        if not is_text(x):
            return function(*args, **kwargs)
        texts = as_texts(x)
        numbers = torch.arange(texts.size).reshape(texts.shape)
        others = {key: value for key, value in kwargs.items() if key != first}
        found, flat = function(numbers, *args[1:], **others), texts.reshape(-1)
        if isinstance(found, list):
            return [flat[part.numpy()] for part in found]
        return flat[found.numpy()]

    return apply


@_of_texts_too
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same elements in another shape; one length may be -1.

    Raises:
        ValueError: ``tensor`` is ragged and is not to have one axis.
    """
    sizes = as_sizes(shape)
    if isinstance(tensor, RaggedTensor):
        if len(sizes) != 1:
            raise argument_error("tf.reshape", "shape of a ragged tensor", sizes, "(-1,)")
        return reshape(tensor.flat_values, sizes)
    return ops.reshape(tensor, sizes)


@_of_texts_too
def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Any:
    """Axes in another order; None reverses them."""
    result = ops.transpose(a, axes=None if perm is None else as_sizes(perm))
    return ops.conj(result) if conjugate else result


@_of_texts_too
def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """A new axis of length 1."""
    if isinstance(input, RaggedTensor):
        return expand_ragged(input, as_size(axis))
    return ops.expand_dims(input, as_size(axis))


@_of_texts_too
def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without axes of length 1: those named, or all."""
    if isinstance(input, RaggedTensor):
        if axis is None or _axes(axis) not in (0, (0,)) or len(input) != 1:
            raise argument_error("tf.squeeze", "axis of a ragged tensor", axis, "0, of length 1")
        return input[0]
    return ops.squeeze(input, axis=None if axis is None else _axes(axis))


def _axes(axis: Any) -> Any:
    return as_sizes(axis) if isinstance(axis, (list, tuple)) else as_size(axis)


def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """Tensors one after another along ``axis``; a single one as it is."""
    if not isinstance(values, (list, tuple)):
        values = [values]
    if any(isinstance(part, RaggedTensor) for part in values):
        return joined_along(values, as_size(axis))
    if any(map(is_text, values)):
        return as_texts(np.concatenate([np.asarray(v, object) for v in values], as_size(axis)))
    parts = [convert_to_tensor(v) if isinstance(v, Sizes) else v for v in values]
    return ops.concatenate(parts, axis=as_size(axis))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Tensors of one shape along a new axis."""
    if not len(values):
        return torch.zeros(0)
    if any(isinstance(part, RaggedTensor) for part in values):
        return stack_ragged(values, axis)
    if len(values) and is_text(values[0]):
        return as_texts(np.stack([np.asarray(v, object) for v in values], axis))
    return ops.stack([convert_to_tensor(v) if np.isscalar(v) else v for v in values], axis=axis)


@_of_texts_too
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Any]:
    """The parts along ``axis``, which falls away."""
    if isinstance(value, RaggedTensor):
        return list(value)
    return list(ops.unstack(value, num, axis))


@_of_texts_too
def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> list[Any]:
    """Parts along ``axis``: as many equal ones, or of these lengths, of which one may be -1.

    Raises:
        ValueError: the lengths don't add up to that of the axis, or aren't ``num`` of them.
    """
    axis = as_size(axis)
    value = value if isinstance(value, RaggedTensor) else convert_to_tensor(value)
    whole = value.shape[axis]
    if isinstance(num_or_size_splits, (int, np.integer)):
        count = int(num_or_size_splits)
        if not isinstance(value, RaggedTensor):
            return list(ops.split(value, count, axis=axis))
        if axis or count < 1 or whole % count:
            raise argument_error(
                "tf.split", "num_or_size_splits", count, f"a divisor of {whole} rows"
            )
        num_or_size_splits = [whole // count] * count
    lengths = list(as_sizes(num_or_size_splits))
    if num is not None and num != len(lengths):
        raise argument_error("tf.split", "num", num, f"the number of lengths, {len(lengths)}")
    if lengths.count(-1) == 1:
        lengths[lengths.index(-1)] = whole - sum(n for n in lengths if n != -1)
    if min(lengths, default=0) < 0 or (whole is not None and sum(lengths) != whole):
        raise argument_error(
            "tf.split", "num_or_size_splits", as_sizes(num_or_size_splits), f"{whole} in all"
        )
    ends = np.cumsum(lengths).tolist()
    if isinstance(value, RaggedTensor):
        return [value[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return list(ops.split(value, ends[:-1], axis=axis))


@_of_texts_too
def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """``input`` repeated as a whole along each axis."""
    counts = as_sizes(multiples)
    if isinstance(input, RaggedTensor):
        for axis, count in enumerate(counts):
            input = joined_along([input] * count, axis)
        return input
    input = convert_to_tensor(input)
    if len(counts) != input.ndim:
        raise argument_error("tf.tile", "multiples", counts, f"one for each of {input.ndim} axes")
    return ops.tile(input, counts)


@_of_texts_too
def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Each element repeated along ``axis``; without one, of the flattened tensor."""
    return ops.repeat(input, repeats, axis=axis)


@_of_texts_too
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """``input`` repeated to fill ``shape``."""
    return ops.broadcast_to(input, as_sizes(shape))


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: Any = None
) -> Any:
    """``tensor`` with more elements before and after, along each axis.

    Args:
        tensor: The tensor.
        paddings: For each axis, how many before and how many after.
        mode: ``"CONSTANT"``, ``"REFLECT"`` or ``"SYMMETRIC"``.
        constant_values: What is put there in the first mode.
        name: Accepted.
    """
    tensor, kind = convert_to_tensor(tensor), mode.lower()
    widths = [as_sizes(pair) for pair in paddings]
    least = min((size for pair in widths for size in pair), default=0)
    if len(widths) != tensor.ndim or least < 0:
        expected = f"two numbers, 0 or more, for each of {tensor.ndim} axes"
        raise argument_error("tf.pad", "paddings", widths, expected)
    if kind == "constant" and isinstance(tensor, Texts):
        fill = as_texts(constant_values or "").item()
        return as_texts(np.pad(np.asarray(tensor), widths, constant_values=fill))
    if isinstance(tensor, Texts):
        return _mirrored(tensor, widths, kind)
    if kind == "constant":
        return ops.pad(tensor, widths, mode=kind, constant_values=constant_values)
    return _mirrored(tensor, widths, kind)


@_of_texts_too
def _mirrored(tensor: Any, widths: list[tuple[int, ...]], mode: str) -> Any:
    """More elements that mirror those at the ends."""
    for pair, size in zip(widths, tensor.shape, strict=True):
        if size is not None and max(pair) > size - (mode == "reflect"):
            most = f"at most {size - (mode == 'reflect')} on an axis of {size}"
            raise argument_error("tf.pad", "paddings", pair, most)
    return ops.pad(tensor, widths, mode=mode)


@_of_texts_too
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Elements in reverse order along the axes."""
    axes = _axes(axis)
    if isinstance(tensor, RaggedTensor):
        axes = {a % len(tensor.shape) for a in (axes if isinstance(axes, tuple) else (axes,))}
        return tensor[tuple(np.s_[:: -1 if a in axes else 1] for a in range(len(tensor.shape)))]
    return ops.flip(tensor, axis=axes)


@_of_texts_too
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Elements moved along the axes; what leaves at one end comes in at the other."""
    return ops.roll(input, _axes(shift), axis=_axes(axis))


@_of_texts_too
def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """The block that starts at ``begin``; a size of -1 goes to the end.

    Raises:
        ValueError: it reaches beyond ``input_``, or there is not one number for each axis.
    """
    x = convert_to_tensor(input_)
    starts, sizes = as_sizes(begin), as_sizes(size)
    if not len(starts) == len(sizes) == len(x.shape):
        expected = f"one number for each of {len(x.shape)} axes, as of size"
        raise argument_error("tf.slice", "begin", starts, expected)
    index = []
    for first, count, length in zip(starts, sizes, x.shape, strict=True):
        known = all(isinstance(number, int) for number in (first, count, length))
        if known and not (0 <= first <= length and -1 <= count <= length - first):
            raise argument_error(
                "tf.slice", "begin and size", (starts, sizes), f"a block within {tuple(x.shape)}"
            )
        open_ended = isinstance(count, int) and count == -1
        index.append(np.s_[first : None if open_ended else first + count])
    return x[tuple(index)]


@_of_texts_too
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """The block from ``begin`` up to ``end`` in steps of ``strides``.

    Args:
        input_: A tensor.
        begin, end, strides: One number for each axis.
        begin_mask, end_mask: Bits of the axes on which ``begin``, or ``end``, is left open.
        ellipsis_mask, new_axis_mask, shrink_axis_mask: Bits of the entries that stand for all
            axes between, for a new axis, and for one place of an axis.
        var: None.
        name: Accepted.

    Raises:
        ValueError: ``var`` is given.
    """
    if var is not None:
        raise argument_error("tf.strided_slice", "var", var, "None", "Assign to the variable.")
    starts, ends = as_sizes(begin), as_sizes(end)
    steps = as_sizes(strides) if strides is not None else (1,) * len(starts)
    x = convert_to_tensor(input_)
    keys: list[Any] = []
    for place, (b, e, step) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << place
        if ellipsis_mask & bit:
            keys.append(Ellipsis)
        elif new_axis_mask & bit:
            keys.append(None)
        elif shrink_axis_mask & bit:
            keys.append(b)
        else:
            first, last = None if begin_mask & bit else b, None if end_mask & bit else e
            keys.append(np.s_[first:last:step])
    return _cut(x, keys)


def _cut(x: Any, keys: list[Any]) -> Any:
    """``x[keys]``, steps backwards included, which torch's tensors don't take."""
    used = sum(key is not None and key is not Ellipsis for key in keys)
    axis, forward, turned, place = 0, [], [], 0
    for key in keys:
        if key is None:
            forward.append(None)
            place += 1
            continue
        if key is Ellipsis:
            forward.append(Ellipsis)
            axis, place = axis + x.ndim - used, place + x.ndim - used
            continue
        if isinstance(key, np.s_[:].__class__) and key.step is not None and key.step < 0:
            places = range(x.shape[axis])[key]
            low = places[-1] if len(places) else 0
            key = np.s_[low : (places[0] + 1 if len(places) else 0) : -key.step]
            turned.append(place)
        forward.append(key)
        axis, place = axis + 1, place + isinstance(key, np.s_[:].__class__)
    found = x[tuple(forward)]
    return torch.flip(found, turned) if turned else found


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Any]:
    """Coordinates of a grid, one tensor for each axis."""
    return list(ops.meshgrid(*args, indexing=indexing))


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: Any = None) -> Any:
    """Elements in order along ``axis``."""
    result = ops.sort(values, axis=axis)
    return ops.flip(result, axis=axis) if _descends(direction) else result


def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """Indices that put the elements in order; equal ones keep theirs, ``stable`` or not."""
    if _descends(direction):
        values = -convert_to_tensor(values)
    return ops.argsort(values, axis=axis)


def _descends(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise argument_error("tf.sort", "direction", direction, '"ASCENDING" or "DESCENDING"')
    return direction == "DESCENDING"


def unique(x: Any, out_idx: Any = torch.int32, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The different values in the order they first appear, and for each element which it is."""
    values, indices, _ = unique_with_counts(x, out_idx)
    return values, indices


def unique_with_counts(
    x: Any, out_idx: Any = torch.int32, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The different values, for each element which it is, and how often each appears."""
    if is_text(x):
        texts = as_texts(x)
        numbers = np.unique(octets_of(texts), return_inverse=True)[1]
        values, *others = unique_with_counts(torch.as_tensor(numbers), out_idx)
        first = torch.argmax((torch.as_tensor(numbers) == values[:, None]).int(), dim=1)
        return texts[first.numpy()], *others
    values, inverse, counts = torch.unique(
        convert_to_tensor(x), return_inverse=True, return_counts=True
    )
    first = torch.full_like(counts, len(inverse)).scatter_reduce(
        0, inverse, torch.arange(len(inverse), device=inverse.device), "amin"
    )
    order = torch.argsort(first)
    place = torch.argsort(order)
    return values[order], place[inverse].to(out_idx), counts[order].to(out_idx)


@traceable
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = torch.bool, name: str | None = None
) -> Any:
    """For each length, as many True and then False up to ``maxlen``."""
    lengths = convert_to_tensor(lengths)
    longest = lengths.max() if lengths.numel() else 0
    steps = int(longest) if maxlen is None else as_size(maxlen)
    positions = torch.arange(steps, device=lengths.device)
    return ops.cast(positions < lengths[..., None], dtype)
