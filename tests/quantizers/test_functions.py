"""Rounding to levels beside Keras."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import torchkeras
from torchkeras import Input, Model, quantizers

FLOATS = st.floats(-100, 100, width=32)
MATRICES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=FLOATS
)


def same(ours, theirs, tolerance=0.0):
    for our, their in zip(ours, theirs, strict=True):
        assert our.dtype == their.dtype
        torch.testing.assert_close(our.detach(), their.detach(), rtol=tolerance, atol=tolerance)


@given(MATRICES, st.sampled_from([0, 1, -1, (0, 1)]), st.booleans())
def test_levels_and_scales_are_keras_own(x, axis, to_numpy):
    theirs = keras.quantizers.abs_max_quantize(x, axis, to_numpy=to_numpy)
    same(quantizers.abs_max_quantize(x, axis, to_numpy=to_numpy), theirs)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_scale_has_the_type_of_the_inputs(dtype):
    x = torch.randn(4, 6).to(getattr(torch, dtype))
    options = {"value_range": (-8, 7), "epsilon": 1e-3}
    theirs = keras.quantizers.abs_max_quantize(x, 0, **options)
    same(quantizers.abs_max_quantize(x, 0, **options), theirs)


@given(MATRICES, st.integers(1, 10), st.booleans())
def test_blocks_have_a_scale_and_a_zero_point(x, block_size, to_numpy):
    options = {"block_size": block_size, "to_numpy": to_numpy}
    theirs = keras.quantizers.abs_max_quantize_grouped_with_zero_point(x, **options)
    same(quantizers.abs_max_quantize_grouped_with_zero_point(x, **options), theirs)


def test_blocks_take_range_type_and_epsilon():
    x = torch.randn(7, 3)
    options = {"block_size": 4, "value_range": (-128, 127), "dtype": "int32", "epsilon": 0.1}
    theirs = keras.quantizers.abs_max_quantize_grouped_with_zero_point(x, **options)
    same(quantizers.abs_max_quantize_grouped_with_zero_point(x, **options), theirs)


@pytest.mark.parametrize(
    "x, size, named", [(torch.ones(3), 2, "rank 2"), (torch.ones(3, 2), 0, "1 or more")]
)
def test_blocks_are_rows_of_a_matrix(x, size, named):
    with pytest.raises(ValueError, match=named):
        quantizers.abs_max_quantize_grouped_with_zero_point(x, size)


def fake_quantized(library, x, least, most, **options):
    leaves = [torch.tensor(v, requires_grad=True) for v in (x, least, most)]
    result = library.quantizers.fake_quant_with_min_max_vars(*leaves, **options)
    (result * torch.arange(1.0, result.numel() + 1).reshape(result.shape)).sum().backward()
    return [result, *(leaf.grad for leaf in leaves)]


@pytest.mark.parametrize("bits", [2, 4, 8, 16])
@pytest.mark.parametrize("narrow_range", [False, True])
@pytest.mark.parametrize("least, most", [(-6.0, 6.0), (-0.1, 5.9), (0.0, 3.0)])
def test_fake_quantization_and_its_gradients_are_keras_own(bits, narrow_range, least, most):
    x = np.linspace(-8, 8, 24, dtype="float32").reshape(2, 3, 4)
    options = {"num_bits": bits, "narrow_range": narrow_range}
    least, most = np.float32(least), np.float32(most)
    theirs = fake_quantized(keras, x, least, most, **options)
    same(fake_quantized(torchkeras, x, least, most, **options), theirs, 1e-6)


def test_bounds_may_change_along_an_axis():
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    least = np.array([-0.5, -1.0, -2.0], "float32")
    most = np.array([1.0, 0.5, 0.1], "float32")
    theirs = fake_quantized(keras, x, least, most, axis=1)
    same(fake_quantized(torchkeras, x, least, most, axis=1), theirs, 1e-6)
    turned = fake_quantized(torchkeras, x.T.copy(), least, most, axis=0)
    torch.testing.assert_close(turned[0].T, theirs[0])


def test_fake_quantization_is_a_node_of_a_model():
    inputs = Input((4,))
    outputs = quantizers.fake_quant_with_min_max_vars(inputs, -1.0, 1.0, num_bits=3)
    assert outputs.shape == (None, 4)
    x = torch.randn(2, 4)
    wanted = quantizers.fake_quant_with_min_max_vars(x, -1.0, 1.0, num_bits=3)
    torch.testing.assert_close(Model(inputs, outputs)(x), wanted)


def test_bits_out_of_range_are_named():
    with pytest.raises(ValueError, match="num_bits is 1; expected an integer, 2 to 16"):
        quantizers.fake_quant_with_min_max_vars(torch.ones(2), 0.0, 1.0, num_bits=1)


@pytest.mark.parametrize("amax", [3.0, 0.0, float("inf"), float("nan")])
@pytest.mark.parametrize("margin", [0, 2])
def test_the_scale_of_float8_follows_the_largest_value(amax, margin):
    amax, scale = torch.tensor(amax), torch.tensor(0.5)
    theirs = keras.quantizers.compute_float8_scale(amax, scale, 448.0, margin)
    same([quantizers.compute_float8_scale(amax, scale, 448.0, margin)], [theirs], 1e-7)


def test_the_history_moves_on_by_one():
    x, history = torch.tensor([1.0, -7.0]), torch.arange(4.0)
    theirs = keras.quantizers.compute_float8_amax_history(x, history)
    same([quantizers.compute_float8_amax_history(x, history)], [theirs])


@pytest.mark.parametrize("small", ["float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_float8_and_back_loses_what_keras_loses(small, dtype):
    x = (torch.randn(50) * 300).to(getattr(torch, dtype))
    theirs = keras.quantizers.quantize_and_dequantize(x, 0.3, small, dtype)
    same([quantizers.quantize_and_dequantize(x, 0.3, small, dtype)], [theirs])


@given(st.data(), st.sampled_from(["int8", "uint8"]), st.integers(-3, 2))
def test_two_values_lie_in_a_byte_as_in_keras(data, dtype, axis):
    shape = data.draw(st.tuples(*[st.integers(1, 5)] * 3))
    levels = st.integers(-8, 7) if dtype == "int8" else st.integers(0, 15)
    x = torch.from_numpy(data.draw(arrays.arrays(np.dtype(dtype), shape, elements=levels)))
    ours, theirs = (f(x, axis, dtype) for f in (quantizers.pack_int4, keras.quantizers.pack_int4))
    assert torch.equal(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]
    back = quantizers.unpack_int4(ours[0], ours[2], axis, dtype)
    assert back.dtype == x.dtype
    assert torch.equal(back, x)


def test_packed_bytes_may_be_read_as_the_other_type():
    packed = torch.arange(256).to(torch.uint8).reshape(16, 16)
    for dtype in ("int8", "uint8"):
        theirs = keras.quantizers.unpack_int4(packed, 31, 0, dtype)
        same([quantizers.unpack_int4(packed, 31, 0, dtype)], [theirs])


def test_only_bytes_are_packed():
    with pytest.raises(ValueError, match="dtype is 'int16'; expected 'int8' or 'uint8'"):
        quantizers.pack_int4(torch.ones(2, dtype=torch.int16), dtype="int16")
    with pytest.raises(TypeError, match="arr"):
        quantizers.pack_int4(torch.ones(2, dtype=torch.uint8))
    with pytest.raises(ValueError, match="dtype"):
        quantizers.unpack_int4(torch.ones(2, dtype=torch.int8), 4, dtype="int16")
    with pytest.raises(TypeError, match="packed"):
        quantizers.unpack_int4(torch.ones(2), 4)
