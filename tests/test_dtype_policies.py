"""Policies by name and configuration, beside real Keras."""

import keras
import pytest

from torchkeras import dtype_policies


@pytest.mark.parametrize("name", ["float32", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_configuration_is_that_of_keras(name):
    ours, theirs = dtype_policies.get(name), keras.dtype_policies.get(name)
    assert dtype_policies.serialize(ours) == keras.dtype_policies.serialize(theirs)
    back = dtype_policies.deserialize(keras.dtype_policies.serialize(theirs))
    assert (back.compute_dtype, back.variable_dtype) == (
        theirs.compute_dtype,
        theirs.variable_dtype,
    )


def test_unknown_policies_are_named():
    with pytest.raises(ValueError, match="mixed_float8"):
        dtype_policies.get("mixed_float8")
