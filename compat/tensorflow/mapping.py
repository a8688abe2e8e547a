"""Functions of the rows of tensors, one after another or all at once, as TensorFlow spells them."""

import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.rowwise import rows_together
from torchkeras_shim.text import Texts

from tensorflow.arrays import stack
from tensorflow.data.elements import ragged_rows, rows_of, structure
from tensorflow.ragged import RaggedTensor, RaggedTensorSpec
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable


def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """``fn`` of each row, the results along a new first axis.

    ``parallel_iterations``, ``swap_memory`` and ``infer_shape`` change nothing here: rows are taken
    one after another, and their shapes are known. ``back_prop`` neither: a tape decides.

    Args:
        fn: Takes a row, or a structure of rows.
        elems: A tensor, texts, a ragged tensor, or a structure of them with the same number of
            rows.
        dtype, fn_output_signature: Number types of the results, or ``RaggedTensorSpec`` of those
            that differ in length; rows of a ragged tensor make one unless told otherwise.
        name: Accepted.

    Raises:
        ValueError: numbers of rows, or shapes of results, differ.
    """
    wanted = fn_output_signature if fn_output_signature is not None else dtype
    if wanted is None and isinstance(elems, RaggedTensor):
        wanted = RaggedTensorSpec(dtype=elems.dtype, row_splits_dtype=elems.row_splits.dtype)
    results = [fn(row) for row in _rows(elems)]
    if not results:
        return _no_results(elems if wanted is None else wanted)
    flat = zip(*map(nested.flatten, results), strict=True)
    specs = [None] * len(nested.flatten(results[0])) if wanted is None else nested.flatten(wanted)
    joined = [_joined(leaves, spec) for leaves, spec in zip(flat, specs, strict=True)]
    return nested.pack_sequence_as(results[0], joined)


def _joined(leaves: tuple[Any, ...], spec: Any) -> Any:
    """Results along a new first axis, as ``spec`` (a type, a description or None) wants them."""
    if leaves[0] is None:
        return None
    if isinstance(spec, RaggedTensorSpec):
        rows = [convert_to_tensor(leaf, spec.dtype) if _is_plain(leaf) else leaf for leaf in leaves]
        return ragged_rows(rows, spec.row_splits_dtype)
    result = stack(leaves)
    if spec is None or isinstance(result, (Texts, RaggedTensor)):
        return result
    return ops.cast(result, getattr(spec, "dtype", spec))


def _is_plain(value: Any) -> bool:
    return not isinstance(value, RaggedTensor)


def _no_results(like: Any) -> Any:
    """What there is of no rows."""
    return nested.map_structure(
        lambda leaf: torch.zeros(0, dtype=convert_to_tensor(0, getattr(leaf, "dtype", leaf)).dtype),
        like,
    )


def vectorized_map(
    fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """``fn`` of each row, of all rows at once where torch can do that.

    Args:
        fn: Takes a row, or a structure of rows. It is called once, on all rows together; once for
            each row where it needs values, opens a tape, assigns to variables, draws numbers
            without a state, or makes results of different shapes.
        elems: A tensor, or a structure of tensors with the same number of rows, or with one.
        fallback_to_while_loop: Whether rows may be taken one after another.
        warn: Whether that is told by a warning.

    Raises:
        ValueError: numbers of rows differ, or the rows can't be taken at once and may not be
            taken one after another.

    Source: ``tf.vectorized_map``; ``torch.vmap``.

    Example:
        >>> tf.vectorized_map(lambda row: row * row.sum(), tf.constant([[1, 2], [3, 4]])).tolist()
        [[3, 6], [21, 28]]
    """
    leaves = [structure(leaf) for leaf in nested.flatten(elems)]
    lengths = {1 if not leaf.shape else leaf.shape[0] for leaf in leaves} - {1}
    if len(lengths) > 1 or any(not len(leaf.shape) for leaf in leaves):
        shapes = [tuple(leaf.shape) for leaf in leaves]
        raise argument_error("tf.vectorized_map", "elems", shapes, "as many rows each, or one")
    count = lengths.pop() if lengths else 1
    try:
        return _at_once(fn, elems, leaves, count)
    # What a function of single rows raises on all of them; errors of its own come again below.
    except (RuntimeError, TypeError, ValueError) as error:
        if not fallback_to_while_loop:
            raise ValueError(
                f"tf.vectorized_map: fn can't take all rows at once: {error}"
            ) from error
        reason = str(error).partition("\n")[0]
    rows = [leaf if leaf.shape[0] == count else stack([leaf[0]] * count) for leaf in leaves]
    result = map_fn(fn, nested.pack_sequence_as(elems, rows))
    if warn:
        warnings.warn(
            f"tf.vectorized_map: the rows were taken one after another: {reason}", stacklevel=2
        )
    return result


def _at_once(fn: Callable[[Any], Any], elems: Any, leaves: list[Any], count: int) -> Any:
    """The results for all rows by torch's ``vmap``; it raises where it can't tell them apart."""
    if not all(isinstance(leaf, Tensor) for leaf in leaves):
        raise TypeError("elems has rows that aren't tensors")
    shares = [leaf.shape[0] == count for leaf in leaves]
    form: list[Any] = []

    def flat(*rows: Tensor) -> tuple[Tensor, ...]:
        result = fn(nested.pack_sequence_as(elems, list(rows)))
        form[:] = [result]
        return tuple(_as_tensor(leaf) for leaf in nested.flatten(result) if leaf is not None)

    given = [leaf if shared else leaf[0] for leaf, shared in zip(leaves, shares, strict=True)]
    axes = tuple(0 if shared else None for shared in shares)
    with rows_together():
        found = iter(torch.vmap(flat, axes, randomness="different")(*given))
    parts = [None if leaf is None else next(found) for leaf in nested.flatten(form[0])]
    return nested.pack_sequence_as(form[0], parts)


def _as_tensor(value: Any) -> Tensor:
    result = value.value if isinstance(value, Variable) else convert_to_tensor(value)
    if not isinstance(result, Tensor):
        raise TypeError("fn gives results that aren't tensors")
    return result


def _rows(elems: Any) -> Iterator[Any]:
    leaves = [rows_of(structure(leaf)) for leaf in nested.flatten(elems)]
    for row in zip(*leaves, strict=True):
        yield nested.pack_sequence_as(elems, list(row))


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All the states that ``fn(state, row)`` gives, one after another, along a new first axis.

    ``parallel_iterations``, ``back_prop``, ``swap_memory`` and ``infer_shape`` change nothing here;
    see ``map_fn``.
    """
    rows = list(_rows(elems))
    rows = rows[::-1] if reverse else rows
    state = initializer if initializer is not None else rows.pop(0)
    states = [] if initializer is not None else [state]
    for row in rows:
        state = fn(state, row)
        states.append(state)
    states = states[::-1] if reverse else states
    return nested.map_structure(lambda *leaves: stack(leaves), *states)


def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last of the states that ``fn(state, row)`` gives, from the first row on.

    ``parallel_iterations``, ``back_prop`` and ``swap_memory`` change nothing here; see ``map_fn``.
    """
    return _fold(fn, list(_rows(elems)), initializer)


def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last of the states that ``fn(state, row)`` gives, from the last row back.

    ``parallel_iterations``, ``back_prop`` and ``swap_memory`` change nothing here; see ``map_fn``.
    """
    return _fold(fn, list(_rows(elems))[::-1], initializer)


def _fold(fn: Callable[[Any, Any], Any], rows: list[Any], state: Any) -> Any:
    state = rows.pop(0) if state is None else state
    return functools.reduce(fn, rows, state)
