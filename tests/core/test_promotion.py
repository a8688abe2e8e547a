"""Which type joins several."""

import itertools

import keras
import pytest
import torch

import torchkeras
from torchkeras.core import promotion

NAMES = (
    *("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64"),
    *("bfloat16", "float16", "float32", "float64"),
)


@pytest.mark.parametrize(
    "first, second", list(itertools.product(NAMES, (*NAMES, int, float, bool)))
)
def test_two_types_join_as_in_keras(first, second):
    assert promotion.result_type(first, second) == keras.backend.result_type(first, second)


@pytest.mark.parametrize("types", [(), (int,), (float,), (None,), ("int8", "uint8", "float16")])
def test_other_numbers_of_types_join_as_in_keras(types):
    assert promotion.result_type(*types) == keras.backend.result_type(*types)


def test_arithmetic_keeps_64_bits_where_the_public_function_narrows():
    assert promotion.common_type("int64", int) == "int64"
    assert promotion.result_type("int64", int) == "int32"


def test_weak_floats_follow_floatx():
    torchkeras.config.set_floatx("float16")
    try:
        assert promotion.joined_dtype(torch.int32, float) is torch.float16
    finally:
        torchkeras.config.set_floatx("float32")
    assert promotion.joined_dtype(torch.int32, float) is torch.float32


def test_float8_types_never_convert_by_themselves():
    with pytest.raises(ValueError, match="no implicit conversions from float8"):
        promotion.result_type("float8_e4m3fn", "float32")
