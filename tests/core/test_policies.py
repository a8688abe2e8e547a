"""Policies of quantized layers and policies by path, beside Keras."""

import json

import keras
import pytest
import torch

import torchkeras
from torchkeras import dtype_policies, layers
from torchkeras.core import dtypes, policies

QUANTIZED = [
    ("QuantizedDTypePolicy", ("int8", "float32")),
    ("QuantizedDTypePolicy", ("int4", "mixed_bfloat16")),
    ("QuantizedDTypePolicy", ("int8",)),
    ("QuantizedFloat8DTypePolicy", ("float8", "mixed_bfloat16", 3)),
    ("Int4DTypePolicy", ("int4/64", "float32")),
    ("GPTQDTypePolicy", ("gptq/2/-1", "float32")),
    ("AWQDTypePolicy", ("awq/4/128", "bfloat16")),
]


@pytest.mark.parametrize("name, arguments", QUANTIZED)
def test_quantized_policies_are_those_of_keras(name, arguments):
    ours, theirs = (
        getattr(package.dtype_policies, name)(*arguments) for package in (torchkeras, keras)
    )
    members = ["name", "compute_dtype", "variable_dtype", "quantization_mode"]
    members += [
        member
        for member in ("mode", "block_size", "weight_bits", "group_size", "amax_history_length")
        if hasattr(theirs, member)
    ]
    for member in members:
        assert getattr(ours, member) == getattr(theirs, member), member
    assert repr(ours) == repr(theirs)
    written = dtype_policies.serialize(ours)
    assert written == keras.dtype_policies.serialize(theirs)
    assert dtype_policies.deserialize(written) == ours
    assert type(dtype_policies.get(written)) is type(ours)


@pytest.mark.parametrize(
    "name",
    ["int8_from_float32", "int4_from_float32", "int4/32_from_float32", "gptq/8/16_from_float32",
     "awq/4/-1_from_bfloat16", "float8_from_mixed_bfloat16"],
)  # fmt: skip
def test_quantized_policies_are_found_by_name(name):
    ours, theirs = dtype_policies.get(name), keras.dtype_policies.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.get_config() == theirs.get_config()
    assert dtype_policies.get(theirs).name == name


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: policies.QuantizedDTypePolicy("int7", "float32"), "mode is 'int7'; .*int8"),
        (lambda: policies.QuantizedDTypePolicy("int8", "float16"), "well with float16"),
        (lambda: policies.Int4DTypePolicy("int4"), "'int4/<block_size>'"),
        (lambda: policies.Int4DTypePolicy("int4/0"), "block_size of -1 or a positive"),
        (lambda: policies.GPTQDTypePolicy("gptq/a/2"), "integer <weight_bits>"),
        (lambda: policies.GPTQDTypePolicy("gptq/5/2"), "weight_bits in"),
        (lambda: policies.AWQDTypePolicy("awq/8/2"), "weight_bits in"),
        (lambda: policies.AWQDTypePolicy("gptq/4/2"), "'awq/<weight_bits>/<group_size>'"),
        (lambda: policies.get_policy("int7_from_float32"), "mode is 'int7'"),
    ],
)
def test_wrong_modes_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_history_has_an_integer_length():
    with pytest.raises(TypeError, match="amax_history_length is 2.5"):
        policies.QuantizedFloat8DTypePolicy("float8", "float32", 2.5)


def test_policies_differ_by_class_and_numbers():
    policy = policies.QuantizedFloat8DTypePolicy("float8", "float32")
    assert policy.default_amax_history_length == 1024
    assert policy != policies.QuantizedFloat8DTypePolicy("float8", "float32", 8)
    assert policy != policies.QuantizedDTypePolicy("float8", "float32")
    assert len({policy, policies.QuantizedFloat8DTypePolicy("float8", "float32")}) == 1


def test_policies_are_found_by_name_type_and_config():
    assert policies.get_policy("float16").variable_dtype == "float16"
    assert policies.get_policy(torch.float64).name == "float64"
    older = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    assert policies.get_policy(older).is_mixed
    assert policies.get_policy({"name": "bfloat16"}).name == "bfloat16"
    assert policies.get_policy(keras.DTypePolicy("mixed_float16")).is_mixed
    policies.set_dtype_policy("mixed_bfloat16")
    assert policies.get_policy(None).compute_dtype == "bfloat16"
    with pytest.raises(ValueError, match="a dictionary with a name"):
        policies.get_policy({"name": 3})


def both_maps(**entries):
    for package in (torchkeras, keras):
        yield package.dtype_policies.DTypePolicyMap(
            "float32", {key: package.DTypePolicy(name) for key, name in entries.items()}
        )


def test_a_map_is_read_by_path_then_by_pattern_then_by_default():
    ours, theirs = both_maps(head="float64")
    for policies_by_path in (ours, theirs):
        policies_by_path["encoder/dense"] = "float16"
        policies_by_path["encoder/.*"] = "bfloat16"
    for path in ("head", "encoder/dense", "encoder/other", "decoder", "head/inner"):
        assert ours[path].name == theirs[path].name
    assert (len(ours), list(ours), "head" in ours, "x" in ours) == (
        len(theirs), list(theirs), "head" in theirs, "x" in theirs,
    )  # fmt: skip
    assert (ours.name, ours.compute_dtype, ours.variable_dtype, ours.quantization_mode) == (
        theirs.name, theirs.compute_dtype, theirs.variable_dtype, theirs.quantization_mode,
    )  # fmt: skip
    assert ours.default_policy.name == "float32"
    del ours["head"]
    assert ours["head"].name == "float32"
    assert isinstance(ours, torchkeras.DTypePolicy)
    assert "encoder/dense" in repr(ours)


def test_a_map_is_written_and_read_as_in_keras():
    ours, theirs = both_maps(a="bfloat16", b="mixed_float16")
    written = dtype_policies.serialize(ours)
    assert json.loads(json.dumps(written)) == keras.dtype_policies.serialize(theirs)
    back = dtype_policies.deserialize(written)
    assert back == ours
    assert back["b"].is_mixed
    assert dtype_policies.get(written["config"]) == ours
    own = policies.DTypePolicyMap(dtypes.DTypePolicy("float16"))
    assert policies.DTypePolicyMap.from_config(own.get_config()) == own
    assert hash(own) == hash(policies.DTypePolicyMap(dtypes.DTypePolicy("float16")))


def test_the_default_of_a_map_follows_the_global_one():
    mapped = policies.DTypePolicyMap()
    policies.set_dtype_policy("float16")
    assert mapped["any"].name == "float16"
    assert mapped.convert_input(torch.ones(1)).dtype == torch.float16


def test_what_a_map_refuses_is_named():
    mapped = policies.DTypePolicyMap("float32", {"a.*": "float16", "ab.*": "float64"})
    with pytest.raises(ValueError, match="'abc' matches multiple keys"):
        mapped["abc"]
    with pytest.raises(ValueError, match="already exists"):
        mapped["a.*"] = "float64"
    with pytest.raises(ValueError, match="default_policy"):
        policies.DTypePolicyMap(mapped)
    with pytest.raises(TypeError, match="policy_map"):
        policies.DTypePolicyMap(None, ["float32"])


def test_a_layer_looks_itself_up_by_its_path():
    mapped = policies.DTypePolicyMap("float32", {"outer/inner": "float64", "outer": "bfloat16"})

    class Outer(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = layers.Dense(2, name="inner", dtype=self.dtype_policy)

        def build(self, shape):
            self.inner.build(shape)

        def call(self, x):
            return self.inner(x)

    outer = Outer(name="outer", dtype=mapped)
    assert outer.dtype_policy is mapped
    outer.build((None, 3))
    assert outer.compute_dtype == "bfloat16"
    assert outer.inner.kernel.dtype == "float64"
    inner = layers.Dense(2, name="outer", dtype=mapped)
    assert inner.compute_dtype == "bfloat16"
    assert inner.get_config()["dtype"]["class_name"] == "DTypePolicyMap"


def test_only_layers_that_can_be_quantized_take_a_quantized_policy():
    assert layers.Dense(2, dtype="int8_from_float32").quantization_mode == "int8"
    with pytest.raises(ValueError, match="dtype is 'int8_from_float32'; expected a policy that"):
        layers.ReLU(dtype="int8_from_float32")
    with pytest.raises(ValueError, match="dtype is 'float8_from_float32'"):
        layers.Embedding(2, 3, dtype="float8_from_float32")
