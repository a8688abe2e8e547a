"""Axes are exchanged bit by bit, and arrays cut into parts that make the whole."""

import platform
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchkeras.saving import turning
from torchkeras.saving.turning import Turned, exchanged, joined, pieces, room, turn, turn_in_bands

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(start=st.integers(0, 9), size=st.integers(0, 50), most=st.integers(1, 9))
def test_pieces_make_the_whole(start, size, most):
    found = [
        place
        for first, length in pieces(start, size, most)
        for place in range(first, first + length)
    ]
    assert found == list(range(start, start + size))
    assert all(0 < length <= most for _, length in pieces(start, size, most))


@quick
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    kind=st.sampled_from(["int8", "int16", "int32", "int64"]),
    seed=st.integers(0, 99),
)
def test_every_bit_of_a_matrix_is_kept(shape, kind, seed):
    """Numbers are moved as bits: signals of not-a-number too, and what is below all numbers."""
    bits = np.random.default_rng(seed).bytes(int(np.prod(shape)) * np.dtype(kind).itemsize)
    matrix = np.frombuffer(bytearray(bits), kind).reshape(shape)
    found = exchanged(matrix)
    assert found.flags.c_contiguous
    assert np.array_equal(found, matrix.T)


@pytest.fixture(params=["with torch's functions", "without"])
def functions(request, monkeypatch):
    """Torch has functions that turn matrices for some systems."""
    if request.param == "without":
        monkeypatch.setattr(turning, "_OF_TORCH", {})


@pytest.mark.parametrize("way", [turn, turn_in_bands])
@pytest.mark.parametrize("aliasing", [1, 1024])
@quick
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    gaps=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    kind=st.sampled_from(["int8", "int16", "int32", "int64"]),
    seed=st.integers(0, 99),
)
def test_a_matrix_is_turned_into_another_and_nothing_else_changes(
    functions, way, aliasing, shape, gaps, kind, seed
):
    """Each may be part of a larger one, at any address."""
    (rows, columns), itemsize = shape, np.dtype(kind).itemsize
    random = np.random.default_rng(seed)
    content = bytearray(random.bytes(1 + rows * (columns + gaps[0]) * itemsize))
    source = np.frombuffer(content, kind, offset=1).reshape(rows, columns + gaps[0])
    target = np.full((columns + 2, rows + gaps[1]), 77, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turning, "_ALIASING", aliasing)
        way(source[:, :columns], target[1:-1, :rows])
    assert np.array_equal(target[1:-1, :rows], source[:, :columns].T)
    target[1:-1, :rows] = 77
    assert (target == 77).all()


@pytest.mark.parametrize("bits", [0x7F800001, 0xFFC00123, 0x00000001, 0x80000000, 0x7FA00000])
def test_numbers_that_arithmetic_would_change_are_kept(functions, bits):
    matrix = np.full((33, 65), bits, "uint32").view("int32")
    turned = np.zeros((65, 33), "int32")
    turn(matrix, turned)
    expected = np.full((65, 33), bits, "uint32")
    assert np.array_equal(turned.view("uint32"), expected)
    assert np.array_equal(exchanged(matrix).view("uint32"), expected)


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="elsewhere")
def test_torch_has_functions_that_turn():
    assert sorted(turning._functions_of_torch()) == [1, 2, 4]


def test_a_torch_without_them_does_it_otherwise(monkeypatch, tmp_path):
    monkeypatch.setattr(torch, "__file__", str(tmp_path / "__init__.py"))
    assert turning._functions_of_torch() == {}


@quick
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    step=st.integers(1, 2),
)
def test_joined_axes_show_the_same_elements(shape, order, step):
    axes = order.sample(range(len(shape)), len(shape))
    array = np.arange(np.prod(shape) * step).reshape(*shape, step)[..., 0].transpose(axes)
    found = joined(array)
    assert np.array_equal(found.reshape(-1), array.reshape(-1))
    assert np.shares_memory(found, array)
    assert 2 <= found.ndim <= max(2, array.ndim)


def test_axes_that_lie_together_are_one():
    kernel = np.zeros((7, 3, 4)).transpose(1, 2, 0)  # heads and sizes, as a projection has them
    assert joined(kernel).shape == (12, 7)
    assert joined(np.zeros((5, 4, 3)).transpose(2, 1, 0)).shape == (3, 4, 5)


@pytest.mark.parametrize("distance", [1, 2])
@pytest.mark.parametrize("kind", ["int8", "float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize(
    "shape", [(300, 700), (1024, 260), (3, 3, 40, 50), (4, 256, 256), (9000, 2), (7000,)]
)
def test_parts_go_both_ways(functions, shape, kind, distance):
    """In pieces of real sizes, from a file and back, also if elements don't lie together."""
    values = (np.arange(np.prod(shape)) % 2000).astype(kind).reshape(shape)
    content, written = memoryview(values.tobytes()), bytearray(values.nbytes)
    array = np.zeros((*shape[::-1], distance), kind)[..., 0].T
    turned = Turned(array, is_filled=True)
    for part, buffer, start in buffers_of(turned):
        buffer[:] = content[start : start + len(buffer)]
        turned.copy(part.room, part.inside)
    assert np.array_equal(array, values)
    turned = Turned(array, is_filled=False)
    for part, buffer, start in buffers_of(turned):
        turned.copy(part.inside, part.room)
        written[start : start + len(buffer)] = buffer
    assert written == content


@pytest.mark.parametrize("kind", ["columns of records", "backwards", "again and again"])
def test_matrices_of_any_strides_are_turned(functions, kind):
    values = np.arange(300 * 200, dtype="int32").reshape(300, 200)
    if kind == "columns of records":
        records = np.zeros(200, [("row", "i4", 300), ("other", "i2")])
        records["row"] = values.T
        array = records["row"].T
    elif kind == "backwards":
        array = np.ascontiguousarray(values.T[::-1])[::-1].T
    else:
        values = np.broadcast_to(values[:, :1], (300, 200))
        array = np.broadcast_to(values[:, 0].copy(), (200, 300)).T
    assert np.array_equal(array, values)
    written = bytearray(values.nbytes)
    turned = Turned(array, is_filled=False)
    for part, buffer, start in buffers_of(turned):
        turned.copy(part.inside, part.room)
        written[start : start + len(buffer)] = buffer
    assert written == values.tobytes()


def buffers_of(turned):
    """Every part, a piece of its memory, and where that is in the file."""
    for first, count in turned.shares():
        for part in turned.parts(first, count):
            for buffers, start in part.runs:
                for buffer in buffers:
                    yield part, buffer, start
                    start += len(buffer)


def test_memory_for_parts_is_used_again():
    first = room(1000)
    assert np.shares_memory(room(10), first)
    assert not np.shares_memory(room(10, "something else"), first)
    assert room(10).size == 10


def test_parts_of_the_slowest_axis_are_small():
    array = np.zeros((1024, 9, 200), "float32").transpose(0, 2, 1)
    turned = Turned(array, is_filled=False)
    sizes = [part.room.nbytes for part in turned.parts(0, turned.length)]
    assert sum(sizes) == array.nbytes
    assert max(sizes) <= 2**19
