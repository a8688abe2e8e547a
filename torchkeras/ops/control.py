"""Conditions, loops and scans."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.typing import Nested, TensorLike
from torchkeras.ops.operands import cast, tensor
from torchkeras.tracer import any_symbolic, record


def cond(pred: TensorLike, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """``true_fn()`` if ``pred`` holds, else ``false_fn()``.

    With a symbolic ``pred`` both are traced, and their results chosen between when the graph runs.

    Raises:
        ValueError: ``pred`` is symbolic and the two give different structures.
    """
    if any_symbolic(pred):
        return nested.map_structure(
            lambda yes, no: record(_choose, (pred, yes, no), {}), true_fn(), false_fn()
        )
    return true_fn() if pred else false_fn()


def _choose(pred: Tensor, yes: Any, no: Any) -> Any:
    pred = cast(pred, torch.bool)
    return torch.where(pred, yes, no)


def _bound(loop: Callable, *functions: Callable) -> Callable:
    """``loop`` with its functions filled in, since arguments in a graph must be data."""

    def call(*args: Any) -> Any:
        return loop(*functions, *args)

    call.__name__ = call.__qualname__ = loop.__name__
    return call


def switch(index: TensorLike, branches: Sequence[Callable], *operands: Any) -> Any:
    """``branches[index](*operands)``; an index beyond either end takes the branch at that end."""
    return branches[max(0, min(int(index), len(branches) - 1))](*operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Replace ``loop_vars`` by ``body(*loop_vars)`` while ``cond(*loop_vars)`` holds.

    Args:
        loop_vars: One value, or a tuple or list of them; they come back in the same form.
        maximum_iterations: Number of turns after which the loop ends anyway.

    Example:
        >>> while_loop(lambda i: i < 10, lambda i: i + 3, 0)
        tensor(12, dtype=torch.int32)
    """
    if any_symbolic(loop_vars):
        bound = _bound(while_loop, cond, body)
        return record(bound, (loop_vars, maximum_iterations), {})
    single = not isinstance(loop_vars, (list, tuple))
    values = nested.map_structure(tensor, (loop_vars,) if single else tuple(loop_vars))
    turns = 0
    while (maximum_iterations is None or turns < maximum_iterations) and cond(*values):
        values = body(*values)
        values = tuple(values) if isinstance(values, (list, tuple)) else (values,)
        turns += 1
    return values[0] if single else values


def fori_loop(lower: int, upper: int, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """Replace a value by ``body_fun(i, value)`` for each i in [lower, upper)."""
    value = init_val
    for step in range(int(lower), int(upper)):
        value = body_fun(step, value)
    return value


def map(f: Callable[[Any], Any], xs: Nested) -> Any:
    """``f`` of each slice of ``xs`` along the first axis, the results stacked."""
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


def vectorized_map(function: Callable[[Any], Any], elements: Nested) -> Any:
    """``map`` in parallel: ``function`` is run once, on all slices at a time."""
    if any_symbolic(elements):
        return record(_bound(vectorized_map, function), (elements,), {})
    return torch.vmap(function)(nested.map_structure(tensor, elements))


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Nested,
    xs: Nested | None = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Carry a value along the first axis of ``xs``: ``carry, y = f(carry, x)``.

    Args:
        f: Takes the carried value and a slice of ``xs``; gives the next one and an output or None.
        init: The first carried value.
        xs: Tensors of one length along axis 0; None passes None.
        length: Number of steps; needed if ``xs`` is None.
        reverse: Whether the last slice comes first.
        unroll: Accepted for scripts written for JAX; every step is one anyway.

    Returns:
        The last carried value, and the outputs stacked.

    Raises:
        TypeError: ``f`` isn't callable.
        ValueError: neither ``xs`` nor ``length``, or ``unroll`` below 1.
    """
    if not callable(f):
        raise TypeError(f"scan: `f` should be a callable; f is {f!r}.")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            f"scan: unroll is {unroll!r}; `unroll` must be an positive integer or boolean."
        )
    if xs is None and length is None:
        raise ValueError("scan: Got no `xs` to scan over and `length` not provided.")
    if any_symbolic(init, xs):
        return record(_bound(scan, f), (init, xs, length, reverse), {})
    carry = nested.map_structure(tensor, init)
    slices = None if xs is None else nested.map_structure(tensor, xs)
    steps = length if length is not None else nested.flatten(slices)[0].shape[0]
    outputs = []
    for step in reversed(range(steps)) if reverse else range(steps):
        piece = None if xs is None else nested.map_structure(lambda x, i=step: x[i], slices)
        carry, y = f(carry, piece)
        outputs.append(y)
    if reverse:
        outputs.reverse()
    if not outputs or any(y is None for y in nested.flatten(outputs)):
        return carry, _no_outputs(carry, steps)
    return carry, nested.map_structure(lambda *ys: torch.stack([tensor(y) for y in ys]), *outputs)


def _no_outputs(carry: Any, steps: int) -> Any:
    """What stands for the outputs of a function that gives none: zeros like the carried value."""
    return nested.map_structure(lambda x: x.new_zeros((steps, *x.shape)), carry)


def associative_scan(
    f: Callable[[Any, Any], Any], elems: Nested, reverse: bool = False, axis: int = 0
) -> Any:
    """All running results of an associative ``f`` along ``axis``, in logarithmically many steps.

    Args:
        f: Takes two structures like ``elems`` and joins them element by element.
        reverse: Whether it runs from the end.

    Raises:
        TypeError: ``f`` isn't callable.
        ValueError: the tensors differ in length.
    """
    if not callable(f):
        raise TypeError(f"associative_scan: `f` should be a callable; f is {f!r}.")
    if any_symbolic(elems):
        return record(_bound(associative_scan, f), (elems, reverse, axis), {})
    flat = [torch.movedim(tensor(x), axis, 0) for x in nested.flatten(elems)]
    lengths = {x.shape[0] for x in flat}
    if len(lengths) > 1:
        raise ValueError(
            "associative_scan: Array inputs to associative_scan must have the same first "
            f"dimension; (saw: {[tuple(x.shape) for x in flat]})."
        )

    def join(first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
        sides = [
            nested.pack_sequence_as(elems, [torch.movedim(x, 0, axis) for x in side])
            for side in (first, second)
        ]
        return [torch.movedim(x, axis, 0) for x in nested.flatten(f(*sides))]

    if reverse:
        flat = [x.flip(0) for x in flat]
    stride, length = 1, lengths.pop()
    while stride < length:  # after each turn a place has joined the 2 * stride before it
        joined = join([x[:-stride] for x in flat], [x[stride:] for x in flat])
        flat = [torch.cat([x[:stride], y]) for x, y in zip(flat, joined, strict=True)]
        stride *= 2
    if reverse:
        flat = [x.flip(0) for x in flat]
    return nested.pack_sequence_as(elems, [torch.movedim(x, 0, axis) for x in flat])
