"""Levels found by looking at data, beside Keras.

Keras 3.15's ``model.quantize`` watches ``call``, which a quantized layer doesn't run, so its levels
know nothing of the data. The algorithm itself is compared layer by layer.
"""

import keras
import numpy as np
import pytest
import torch
from keras.src.quantizers.awq import AWQ as KerasAWQ
from keras.src.quantizers.gptq import GPTQ as KerasGPTQ
from parity import numbers

import torchkeras
from torchkeras.layers.calibration import _settle, is_chosen, token_windows
from torchkeras.quantizers.awq import Magnitudes
from torchkeras.quantizers.gptq import Hessian

LENGTH = 24
pytestmark = pytest.mark.filterwarnings("ignore:Embedding:UserWarning")
TOKENS = np.random.default_rng(3).integers(0, 20, LENGTH)
GPTQ = [
    {"group_size": 16},
    {"group_size": 24, "weight_bits": 8},
    {"group_size": -1, "symmetric": True},
    {"group_size": -1, "per_channel": False, "weight_bits": 3},
    {"group_size": 16, "activation_order": True, "hessian_damping": 0.1},
]
AWQ = [{"group_size": 128}, {"group_size": 16}, {"group_size": -1, "num_grid_points": 5}]
LAYERS = [
    ("Dense", {"units": 12}, (20, 48)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 5)}, (2, 9, 48)),
    ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": (None, 52)}, (2, 9, 4, 12)),
]


def without_data(package, kind, options):
    return getattr(package.quantizers, kind)(None, None, **options)


@pytest.mark.parametrize(
    ("kind", "options"), [*(("GPTQConfig", o) for o in GPTQ), *(("AWQConfig", o) for o in AWQ)]
)
@pytest.mark.parametrize(("name", "arguments", "shape"), LAYERS)
def test_levels_and_results_are_those_of_keras(name, arguments, shape, kind, options):
    x = torch.tensor(numbers(shape) * np.linspace(0.1, 3, shape[-1], dtype="float32"))
    made = [getattr(p.layers, name)(**arguments) for p in (torchkeras, keras)]
    ours, theirs = made
    for layer, package in zip(made, (torchkeras, keras), strict=True):
        layer(x)
        layer.set_weights([numbers(tuple(w.shape), n) for n, w in enumerate(layer.weights)])
        config = without_data(package, kind, options)
        layer.quantize(config=config)
    seen = {"gptq": Hessian, "awq": Magnitudes}[config.mode](ours.matrix_shape()[0], "cpu")
    seen.add(x)
    _settle(ours, seen, without_data(torchkeras, kind, options))
    if kind == "GPTQConfig":
        oracle = KerasGPTQ(theirs, config)
        oracle.update_hessian_with_batch(x.reshape(-1, oracle.rows))
        oracle.quantize_and_correct_layer()
    else:
        oracle = KerasAWQ(theirs, config)
        oracle.update_activation_magnitudes(x.reshape(-1, oracle.rows))
        oracle.quantize_layer()
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for mine, true in zip(ours.weights, theirs.weights, strict=True):
        assert (mine.dtype, mine.trainable) == (true.dtype, true.trainable)
        mine, true = (np.asarray(w.numpy(), dtype=float) for w in (mine, true))
        np.testing.assert_allclose(mine, true, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(ours.kernel), np.asarray(theirs.kernel))
    store = {}
    ours.save_own_variables(store)
    for package in (torchkeras, keras):
        twin = getattr(package.layers, name).from_config(ours.get_config())
        twin.build(shape)
        twin.load_own_variables(store)
        torch.testing.assert_close(twin(x), ours(x), rtol=1e-4, atol=1e-4)


def stack(wanted=True):
    """An embedding, two blocks and a last layer."""
    layers = torchkeras.layers
    blocks = [
        torchkeras.Sequential([layers.Dense(48, activation="relu"), layers.Dense(32)], name=name)
        for name in ("first", "second")
    ]
    model = torchkeras.Sequential([layers.Embedding(20, 32), *blocks, layers.Dense(3, name="last")])
    model.build((None, LENGTH))
    torch.manual_seed(0)
    model.set_weights([numbers(w.shape, n, 0.5) for n, w in enumerate(model.weights)])
    return model


def structure(model):
    return {"pre_block_layers": [model.layers[0]], "sequential_blocks": model.layers[1:3]}


def error_of(kind, **options):
    """How far a quantized model is from the one in floats, on the data that it has seen."""
    model = stack()
    x = torch.as_tensor(TOKENS[None], dtype=torch.int32)
    wanted = torch.nn.Sequential(*model.layers[:3])(x)
    config = getattr(torchkeras.quantizers, kind)(
        options.pop("dataset", [TOKENS]), tokenizer=list, num_samples=2, sequence_length=LENGTH,
        quantization_layer_structure=structure(model), group_size=16, **options,
    )  # fmt: skip
    model.quantize(config.mode, config=config)
    inner = model.layers[1].layers[0]
    assert getattr(inner, f"is_{config.mode}_calibrated")
    assert not getattr(model.layers[-1], f"is_{config.mode}_calibrated")
    assert inner.linear.weight is None
    return (torch.nn.Sequential(*model.layers[:3])(x) - wanted).detach().square().mean().item()


@pytest.mark.parametrize("kind", ["GPTQConfig", "AWQConfig"])
def test_data_like_that_of_use_lowers_the_error(kind):
    other = [np.zeros(LENGTH, "int64")]
    assert error_of(kind) < error_of(kind, dataset=other)


def test_a_model_may_tell_its_structure():
    class Told(torchkeras.Sequential):
        def get_quantization_layer_structure(self, mode=None):
            return structure(self)

    model = Told(stack().layers)
    config = torchkeras.quantizers.GPTQConfig(
        ["a b c"], lambda text: [ord(c) % 20 for c in text], sequence_length=LENGTH,
        num_samples=1, group_size=16,
    )  # fmt: skip
    model.quantize("gptq", config=config, filters="dense")
    assert model.layers[1].layers[0].is_gptq_calibrated
    assert model.layers[-1].quantization_mode is None


def test_what_is_missing_is_named():
    quantizers = torchkeras.quantizers
    model = stack()
    with pytest.raises(ValueError, match="requires a dataset and a tokenizer"):
        model.quantize(config=quantizers.GPTQConfig(None, None))
    with pytest.raises(ValueError, match="a valid quantization structure must be provided"):
        stack().quantize(config=quantizers.AWQConfig([[1]], list))
    with pytest.raises(ValueError, match="you must pass `GPTQConfig`"):
        stack().quantize("gptq")
    with pytest.raises(ValueError, match="`filters` argument must be a regex"):
        stack().quantize("int8", filters=3)


def test_filters_are_patterns_or_a_function():
    layer = torchkeras.layers.Dense(3, name="query")
    assert is_chosen(layer, None)
    assert is_chosen(layer, "que")
    assert not is_chosen(layer, ["^key", "^value"])
    assert is_chosen(layer, ["^key", "^query"])
    assert not is_chosen(layer, lambda one: one.units > 3)


def test_windows_of_tokens_are_spread_evenly():
    windows = token_windows([np.arange(4), np.arange(4, 12)], None, 4, 3)
    assert windows.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert token_windows(["abc"], lambda text: [ord(c) for c in text], 5, 1).shape == (1, 5)
    with pytest.raises(TypeError, match="dataset is 'text'"):
        token_windows("text", list, 3, 1)
    with pytest.raises(ValueError, match="dataset is empty"):
        token_windows([], list, 3, 1)
