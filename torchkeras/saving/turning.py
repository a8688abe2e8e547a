"""Arrays whose axes lie in another order than in their file: cut into parts, and turned.

Keras's files hold most kernels turned, as torch sees it. Both sides are cut into parts that stay
in the processor's cache while their axes are turned.
"""

import ctypes
import itertools
import operator
import os
import threading
from collections.abc import Callable, Iterator
from ctypes import c_long, c_void_p
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

# Bytes of a part that stays in the cache, and of what a thread is given at a time.
_PART = 2**19
SHARE = 2**22
# Rows as long as a multiple of this compete for the same few lines of the cache; a line's length.
_ALIASING = 1024
_LINE = 64
_BEST_LINES = 16  # that are written in a row
# Of a matrix in memory, bytes of each row that are turned together: two lines, which the processor
# reads together. What that fills stays in the cache, with pages that were cleared for it.
_BAND = 2 * _LINE
_OF_BANDS = 2**24  # bytes of bands that a thread is given
_MOST_TURNED = 2**23  # bytes of a part whose rows are very long
# Types that torch turns with the processor's vector instructions, by their size.
_IN_VECTORS = {1: torch.uint8, 4: torch.float32}


def pieces(start: int, size: int, most: int) -> Iterator[tuple[int, int]]:
    """Beginnings and sizes of pieces of at most ``most``.

    Example:
        >>> list(pieces(10, 5, 2))
        [(10, 2), (12, 2), (14, 1)]
    """
    for first in range(start, start + size, most):
        yield first, min(most, start + size - first)


class _Own(threading.local):
    def __init__(self) -> None:
        self.rooms: dict[str, np.ndarray] = {}


_own = _Own()


def room(size: int, use: str = "parts") -> np.ndarray:
    """So many bytes of this thread, which it uses again and again for the same ``use``."""
    found = _own.rooms.get(use)
    if found is None or found.size < size:
        found = _own.rooms[use] = np.empty(size, np.uint8)
    return found[:size]


class Part(NamedTuple):
    """A part of an array whose axes are turned.

    Attributes:
        inside: The part of the array.
        room: Memory for it, in the order of the file.
        runs: Where pieces of that memory lie in the file.
    """

    inside: np.ndarray
    room: np.ndarray
    runs: list[tuple[list[memoryview], int]]


class Turned:
    """An array that isn't in C order, cut along its longest axis but the last.

    Rows, along the last axis, stay whole, since they lie together in the file.

    Args:
        array: Of any strides.
        is_filled: Whether the array is filled from parts, rather than parts from the array.

    Example:
        >>> turned = Turned(np.zeros((3, 2), "int32").T, is_filled=True)
        >>> for part in turned.parts(0, turned.length):
        ...     part.room[...] = [[0, 1, 2], [3, 4, 5]]
        ...     turned.copy(part.room, part.inside)
        >>> turned.array.tolist()
        [[0, 1, 2], [3, 4, 5]]
    """

    def __init__(self, array: np.ndarray, is_filled: bool) -> None:
        itemsize = array.itemsize
        array = joined(array)
        self.array = array.view(f"i{itemsize}") if itemsize <= 8 else array
        self.order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
        self._is_filled = is_filled
        shape, line = array.shape, max(_LINE // itemsize, 1)
        reversed_strides = itertools.accumulate((itemsize, *shape[:-1]), operator.mul)
        is_reversed = array.ndim == 3 and array.strides == tuple(reversed_strides)
        is_matrix = self.order == [1, 0] and array.strides[0] == itemsize <= 8
        is_matrix = is_matrix and array.strides[1] % itemsize == 0  # else a field of records
        has_function = itemsize in _OF_TORCH
        self._in_blocks = has_function and is_reversed
        self._in_vectors = is_matrix and (has_function or (is_filled and min(shape) >= line))
        self.axis = 1 if self._in_blocks else shape.index(max(shape[:-1]))
        self.length = shape[self.axis]
        one = array.nbytes // self.length
        # What is written lies that many elements in a row: whole lines, and best several. A part of
        # the slowest axis in memory lies by itself.
        lines = max(_PART // one // line, min(_BEST_LINES, _MOST_TURNED // one // line))
        count = _PART // one if self.order[0] == self.axis else lines * line
        self.step = min(count or 1, self.length)
        self.share = self.step * max(1, SHARE // (one * self.step))

    def shares(self) -> Iterator[tuple[int, int]]:
        """What is given to a thread: from where along the axis, and how much."""
        return pieces(0, self.length, self.share)

    def parts(self, first: int, count: int) -> Iterator[Part]:
        """The parts of a share; each uses the memory of the last one."""
        shape, axis = self.array.shape, self.axis
        space, rows = self._space()
        times = int(np.prod(shape[:axis]))
        below = int(np.prod(shape[axis + 1 : -1]))
        row = shape[-1] * self.array.itemsize
        before = (slice(None),) * axis
        for start, length in pieces(first, count, self.step):
            runs = []
            for number in range(times):
                begin = number * self.step * below
                place = (number * self.length + start) * below * row
                runs.append((rows(begin, begin + length * below), place))
            inside = self.array[(*before, slice(start, start + length))]
            yield Part(inside, space[(*before, slice(length))], runs)

    @property
    def is_matrix(self) -> bool:
        """Whether bands of it can be filled from where its file is in memory."""
        return self._in_vectors and self._is_filled

    def bands(self) -> Iterator[tuple[slice, slice]]:
        """What is given to a thread of a matrix: rows, and columns, in which its memory lies."""
        rows, columns = self.array.shape
        for top, height in pieces(0, rows, _OF_BANDS // _BAND):
            band = _BAND // self.array.itemsize
            width = band * max(1, _OF_BANDS // (height * _BAND))
            for left, count in pieces(0, columns, width):
                yield slice(top, top + height), slice(left, left + count)

    def fill(self, memory: memoryview, rows: slice, columns: slice) -> None:
        """Fill bands of a matrix whose bytes are in ``memory``, in the order of the file."""
        source = np.frombuffer(memory, self.array.dtype).reshape(self.array.shape)
        turn_in_bands(source[rows, columns], self.array[rows, columns].T)

    def copy(self, source: np.ndarray, target: np.ndarray) -> None:
        """Copy between a part and its memory, in the order in which the part lies.

        The other order would jump from line to line of the array, which fall out of the cache.
        """
        if self._in_vectors:
            turn(*((source, target.T) if self._is_filled else (source.T, target)))
            return
        if self._in_blocks:
            self._copy_blocks(source, target)
            return
        source, target = source.transpose(self.order), target.transpose(self.order)
        if self.array.dtype.kind == "i":
            np.positive(source, out=target, order="C")
        else:
            np.copyto(target, source)

    def _copy_blocks(self, source: np.ndarray, target: np.ndarray) -> None:
        """Copy a part whose three axes are in the opposite order, as kernels of convolutions are.

        Rows are brought into the order of the first two axes first, which needs no vectors.
        """
        first, second, row = source.shape
        between = room(source.nbytes, "blocks").view(source.dtype).reshape(second, first, row)
        rows = between.reshape(-1, row)
        if self._is_filled:
            np.copyto(between, source.transpose(1, 0, 2))
            turn(rows, _rows_of_reversed(target))
        else:
            turn(_rows_of_reversed(source), rows)
            np.copyto(target, between.transpose(1, 0, 2))

    def _space(self) -> tuple[np.ndarray, Callable[[int, int], list[memoryview]]]:
        """Memory for a part, and a function that gives the bytes of rows, from one to another."""
        *outer, row = self.array.shape
        outer[self.axis] = self.step
        itemsize = self.array.itemsize
        is_turned_from = (self._in_vectors and self._is_filled) or self._in_blocks
        is_aliasing = row * itemsize % _ALIASING == 0 and not is_turned_from
        gap = _LINE // itemsize if is_aliasing else 0
        count = int(np.prod(outer))
        octets = room(count * (row + gap) * itemsize)
        space = octets.view(self.array.dtype).reshape(*outer, row + gap)[..., :row]
        if gap:
            each = [memoryview(one) for one in octets.reshape(count, -1)[:, : row * itemsize]]
            return space, lambda first, last: each[first:last]
        size = row * itemsize
        whole = memoryview(octets)
        return space, lambda first, last: [whole[first * size : last * size]]


def _rows_of_reversed(array: np.ndarray) -> np.ndarray:
    """Part of an array in the opposite order of its axes, as one row for each of its last axis."""
    first, second, row = array.shape
    strides = array.strides[2], array.strides[0]
    return np.lib.stride_tricks.as_strided(array, (row, second * first), strides)


def joined(array: np.ndarray) -> np.ndarray:
    """A view of ``array`` whose neighbouring axes are one where memory allows that; two or more.

    Example:
        >>> joined(np.zeros((4, 2, 3)).transpose(1, 2, 0)).shape
        (6, 4)
    """
    shape, strides = [1], [array.itemsize]
    for size, stride in zip(array.shape, array.strides, strict=True):
        if strides[-1] == size * stride or shape == [1]:
            shape[-1], strides[-1] = shape[-1] * size, stride
        elif size != 1:
            shape.append(size)
            strides.append(stride)
    if len(shape) == 1:
        shape, strides = [*shape, 1], [*strides, array.itemsize]
    return np.lib.stride_tricks.as_strided(array, shape, strides)


def turn(source: np.ndarray, target: np.ndarray) -> None:
    """Fill a matrix of integers with another one, with its axes exchanged.

    Args:
        source: Its rows may have a distance.
        target: The same.

    Example:
        >>> target = np.empty((3, 2), "int32")
        >>> turn(np.array([[1, 2, 3], [4, 5, 6]], "int32"), target)
        >>> target.tolist()
        [[1, 4], [2, 5], [3, 6]]
    """
    function, itemsize = _OF_TORCH.get(source.itemsize), source.itemsize
    if function is None:
        np.copyto(target, exchanged(np.ascontiguousarray(source)))
        return
    is_aliasing = target.strides[0] % _ALIASING == 0
    direct = _between(*target.shape, target.dtype) if is_aliasing else target
    here, there = source.ctypes.data, direct.ctypes.data
    function(
        *source.shape, here, source.strides[0] // itemsize, there, direct.strides[0] // itemsize
    )
    if is_aliasing:
        np.copyto(target, direct)


def turn_in_bands(source: np.ndarray, target: np.ndarray) -> None:
    """Like ``turn``, some columns after the other, so that the target is filled row by row.

    Where either is larger than the cache, and its pages may be new, that takes less time.
    """
    itemsize, height, width = source.itemsize, len(source), len(target)
    function = _OF_TORCH.get(itemsize)
    if function is None or target.strides[0] % _ALIASING == 0:
        for left, count in pieces(0, width, max(_BAND, _PART // height) // itemsize):
            turn(source[:, left : left + count], target[left : left + count])
        return
    here, there, row = source.ctypes.data, target.ctypes.data, target.strides[0]
    distances = source.strides[0] // itemsize, row // itemsize
    for left, count in pieces(0, width, _BAND // itemsize):
        source_of_band, target_of_band = here + left * itemsize, there + left * row
        function(height, count, source_of_band, distances[0], target_of_band, distances[1])


def _between(rows: int, columns: int, dtype: np.dtype) -> np.ndarray:
    """Memory of this thread for a matrix whose rows lie an odd number of lines from each other."""
    width = (columns * dtype.itemsize // _LINE + 1 | 1) * _LINE
    memory = room(rows * width, "between")
    return np.ndarray((rows, columns), dtype, memory, strides=(width, dtype.itemsize))


def _functions_of_torch() -> dict[int, Callable[..., None]]:
    """Torch's functions that turn a matrix with the processor's vector instructions.

    They belong to FBGEMM, with which torch is built for Linux on most processors, and take no more
    time than a copy. The names say what the arguments are (rows, columns, source, distance of its
    rows, target, distance of its rows), so that a function with others isn't found.

    Returns:
        By the size of the numbers; empty if torch has none.
    """
    library = Path(torch.__file__).with_name("lib") / "libtorch_cpu.so"
    found: dict[int, Callable[..., None]] = {}
    for size, kind in ((1, "h"), (2, "t"), (4, "f")) if library.exists() else ():
        name = f"_ZN6fbgemm14transpose_simdI{kind}EEvllPKT_lPS1_l"
        function = getattr(ctypes.CDLL(os.fspath(library)), name, None)
        if function is not None:
            function.argtypes = (c_long, c_long, c_void_p, c_long, c_void_p, c_long)
            function.restype = None
            found[size] = function
    return found


_OF_TORCH = _functions_of_torch()  # now, since nothing is looked up while a file is read


def exchanged(matrix: np.ndarray) -> np.ndarray:
    """A copy in C order of a matrix of integers in C order, with its axes exchanged.

    Torch's ``channel_shuffle`` is that of each picture's channels, group by group. For numbers of
    one and of four bytes it takes a fifth of the time that a copy takes.

    Example:
        >>> exchanged(np.array([[1, 2, 3], [4, 5, 6]], "int32")).tolist()
        [[1, 4], [2, 5], [3, 6]]
    """
    rows = torch.from_numpy(matrix)
    kind, size = _IN_VECTORS.get(rows.itemsize), rows.numel()
    if kind is None or len(rows) < 2:
        return rows.t().contiguous().numpy()
    pictures = rows.view(kind).as_strided((1, size, 1, 1), (size, 1, size, size))
    turned = torch.channel_shuffle(pictures, len(rows))
    return turned.view(rows.dtype).view(rows.shape[1], len(rows)).numpy()
