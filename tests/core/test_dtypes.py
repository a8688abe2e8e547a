import keras
import ml_dtypes
import numpy as np
import pytest
import torch

from torchkeras.core import dtypes, settings


@pytest.mark.parametrize(
    "dtype",
    ["float32", "bfloat16", "int8", "bool", np.float64, np.dtype("int32"), torch.uint8, int, bool,
     float, str, None],
)  # fmt: skip
def test_names_are_those_of_keras(dtype):
    assert dtypes.standardize_dtype(dtype) == keras.backend.standardize_dtype(dtype)


def test_names_of_other_libraries_are_taken():
    assert dtypes.standardize_dtype(ml_dtypes.bfloat16) == "bfloat16"
    assert dtypes.standardize_dtype("torch.float16") == "float16"
    assert dtypes.standardize_dtype(torch.tensor(1.0).dtype) == "float32"


def test_a_wrong_name_offers_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "float32"'):
        dtypes.standardize_dtype("flaot32")


def test_strings_have_no_torch_type():
    with pytest.raises(ValueError, match="Strings stay in NumPy"):
        dtypes.torch_dtype("string")


@pytest.mark.parametrize("name", ["float32", "float64", "mixed_float16", "mixed_bfloat16", "int8"])
def test_policies_are_those_of_keras(name):
    ours, theirs = dtypes.DTypePolicy(name), keras.DTypePolicy(name)
    assert ours.compute_dtype == theirs.compute_dtype
    assert ours.variable_dtype == theirs.variable_dtype
    assert ours.get_config() == theirs.get_config()
    assert ours == dtypes.DTypePolicy.from_config(ours.get_config())


def test_the_default_policy_follows_floatx_until_it_is_set():
    settings.set_floatx("float64")
    assert dtypes.dtype_policy().name == "float64"
    settings.set_floatx("float32")
    dtypes.set_default_policy(dtypes.DTypePolicy("mixed_bfloat16"))
    assert dtypes.dtype_policy().compute_dtype == "bfloat16"
    settings.set_floatx("float64")
    assert dtypes.dtype_policy().compute_dtype == "bfloat16"
    settings.set_floatx("float32")


def test_an_unknown_policy_is_named():
    with pytest.raises(ValueError, match="Cannot convert 'mixed_int7' to a dtype policy"):
        dtypes.DTypePolicy("mixed_int7")


def test_inputs_are_cast_if_they_are_floats():
    policy = dtypes.DTypePolicy("mixed_bfloat16")
    assert policy.convert_input(torch.ones(2)).dtype == torch.bfloat16
    assert policy.convert_input(torch.ones(2, dtype=torch.int32)).dtype == torch.int32
    assert policy.convert_input(torch.ones(2), autocast=False).dtype == torch.float32


def test_the_older_name_of_policies_means_the_same():
    older = dtypes.FloatDTypePolicy("float16")
    assert older == dtypes.DTypePolicy("float16")
    assert hash(older) == hash(dtypes.DTypePolicy("float16"))
    assert older != dtypes.DTypePolicy("float32")
    assert repr(older) == repr(keras.FloatDTypePolicy("float16"))


def test_policies_are_made_from_configurations_as_older_scripts_do_it():
    config = dtypes.DTypePolicy("mixed_float16").get_config()
    policy = dtypes.DTypePolicy.from_config(config, custom_objects={"a": object})
    assert policy == dtypes.DTypePolicy("mixed_float16")
