"""What ``quantize`` is told, beside Keras."""

import json

import keras
import pytest

from torchkeras import quantizers
from torchkeras.quantizers import AbsMaxQuantizer

CASES = [
    ("Int8QuantizationConfig", (), {}),
    ("Int8QuantizationConfig", (), {"activation_quantizer": None}),
    ("Int4QuantizationConfig", (), {}),
    ("Int4QuantizationConfig", (), {"block_size": None}),
    ("Float8QuantizationConfig", (), {}),
    ("GPTQConfig", (["a"], len), {"weight_bits": 2, "group_size": -1, "symmetric": True}),
    ("GPTQConfig", (None, None), {"per_channel": False, "activation_order": True}),
    ("AWQConfig", (["a"], len), {"num_grid_points": 3, "quantization_layer_structure": {"a": []}}),
]


@pytest.mark.parametrize("name, args, options", CASES)
def test_configurations_are_written_and_read_as_in_keras(name, args, options):
    ours, theirs = (getattr(q, name)(*args, **options) for q in (quantizers, keras.quantizers))
    assert ours.mode == theirs.mode
    written, wanted = quantizers.serialize(ours), keras.quantizers.serialize(theirs)
    assert json.loads(json.dumps(written)) == json.loads(json.dumps(wanted))
    back = quantizers.deserialize(json.loads(json.dumps(wanted)))
    assert quantizers.serialize(back) == written


@pytest.mark.parametrize("name", ["GPTQConfig", "AWQConfig"])
def test_the_policy_string_names_bits_and_groups(name):
    ours, theirs = (
        getattr(q, name)(None, None, group_size=64) for q in (quantizers, keras.quantizers)
    )
    assert ours.dtype_policy_string() == theirs.dtype_policy_string()


@pytest.mark.parametrize(
    "name, options, named",
    [
        ("GPTQConfig", {"weight_bits": 5}, "weight_bits is 5; expected 2, 3, 4 or 8"),
        ("GPTQConfig", {"num_samples": 0}, "num_samples is 0"),
        ("GPTQConfig", {"sequence_length": 0}, "sequence_length is 0"),
        ("GPTQConfig", {"hessian_damping": 2}, "hessian_damping is 2"),
        ("GPTQConfig", {"group_size": 0}, "group_size is 0"),
        ("AWQConfig", {"weight_bits": 8}, "weight_bits is 8; expected 4"),
        ("AWQConfig", {"num_grid_points": 0}, "num_grid_points is 0"),
        ("AWQConfig", {"group_size": -2}, "group_size is -2"),
    ],
)
def test_arguments_out_of_range_are_named(name, options, named):
    with pytest.raises(ValueError, match=named):
        getattr(quantizers, name)(None, None, **options)


def test_the_quantizers_must_suit_the_mode():
    wide = AbsMaxQuantizer(output_dtype="int16")
    with pytest.raises(ValueError, match="output_dtype='int8'"):
        quantizers.Int8QuantizationConfig(wide)
    with pytest.raises(ValueError, match=r"value_range=\(-8, 7\)"):
        quantizers.Int4QuantizationConfig(AbsMaxQuantizer(), block_size=None)
    with pytest.raises(ValueError, match="None or -1 beside custom quantizers"):
        quantizers.Int4QuantizationConfig(AbsMaxQuantizer(value_range=(-8, 7)))
    with pytest.raises(ValueError, match="block_size is 0"):
        quantizers.Int4QuantizationConfig(block_size=0)
    fitting = quantizers.Int4QuantizationConfig(AbsMaxQuantizer(value_range=(-8, 7)), block_size=-1)
    assert fitting.weight_quantizer.value_range == (-8, 7)


def test_int4_without_a_block_size_is_an_older_file():
    older = {"weight_quantizer": None, "activation_quantizer": None}
    assert quantizers.Int4QuantizationConfig.from_config(older).block_size is None


def test_own_quantizers_come_before_the_default():
    config, own = quantizers.Int8QuantizationConfig(activation_quantizer=None), AbsMaxQuantizer(0)
    assert config.weight_quantizer_or_default(config, own) is own
    assert config.weight_quantizer_or_default(None, own) is own
    assert config.activation_quantizer_or_default(config, own) is None
    assert config.activation_quantizer_or_default(None, own) is own


def test_the_base_has_no_mode():
    with pytest.raises(RuntimeError, match="it has no mode"):
        quantizers.QuantizationConfig().mode  # noqa: B018
