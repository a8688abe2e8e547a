"""Layers with weights of few bits, beside Keras."""

import copy
import pickle

import keras
import numpy as np
import pytest
import torch
from parity import numbers

import torchkeras
from torchkeras import layers


def einsum(equation, output_shape, shape, **more):
    return ("EinsumDense", {"equation": equation, "output_shape": output_shape, **more}, shape)


DENSE = ("Dense", {"units": 5, "activation": "tanh"}, (3, 8))
CASES = [
    DENSE,
    ("Dense", {"units": 3, "use_bias": False}, (2, 4, 7)),
    einsum("abc,cd->abd", (None, 5), (2, 3, 8), bias_axes="d"),
    einsum("abc,cde->abde", (None, 2, 3), (2, 4, 8), bias_axes="de"),
    einsum("abcd,cde->abe", (None, 8), (2, 4, 2, 3), bias_axes="e"),
    einsum("abc,cd->adb", (3, None), (2, 5, 4), bias_axes="d"),
    einsum("ab,cb->ac", 3, (2, 5)),
    ("Embedding", {"input_dim": 9, "output_dim": 6}, (2, 5)),
    ("Embedding", {"input_dim": 9, "output_dim": 5}, (2, 5)),
]
MODES = ["int8", "int4", "int4 whole", "int4 blocks", "float8"]


def configuration(package, mode):
    """Arguments of ``quantize``."""
    quantizers = package.quantizers
    if mode == "int4 whole":
        return {"config": quantizers.Int4QuantizationConfig(block_size=None)}
    if mode == "int4 blocks":
        return {"config": quantizers.Int4QuantizationConfig(block_size=3)}
    return {"mode": mode}


def inputs_of(name, shape):
    if "Embedding" in name:
        return np.random.default_rng(0).integers(0, 9, shape).astype("int32")
    return numbers(shape)


def pair(name, arguments, shape, mode, **more):
    """Ours and Keras's, of the same weights, quantized; and an input."""
    x = inputs_of(name, shape)
    made = [getattr(p.layers, name)(**arguments, **more) for p in (torchkeras, keras)]
    ours, theirs = made
    for layer in made:
        layer(torch.tensor(x))
    values = [numbers(tuple(w.shape), n) for n, w in enumerate(theirs.weights)]
    for layer, package in ((ours, torchkeras), (theirs, keras)):
        layer.set_weights(values)
        layer.quantize(**configuration(package, mode))
    return ours, theirs, x


def assert_same_weights(ours, theirs):
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for mine, true in zip(ours.weights, theirs.weights, strict=True):
        assert mine.dtype == true.dtype
        assert mine.trainable == true.trainable
        np.testing.assert_allclose(mine.numpy(), true.numpy(), rtol=1e-6, err_msg=mine.path)


def gradients(layer, x):
    x = torch.tensor(x)
    wanted = []
    if x.is_floating_point():
        wanted.append(x.requires_grad_())
    parameters = {w.name: w for w in layer.trainable_weights}
    wanted += [
        getattr(w, "parameter", None) if isinstance(w, torchkeras.Variable) else w.value
        for w in parameters.values()
    ]
    y = layer(x, training=True) if "training" in layer.call.__code__.co_varnames else layer(x)
    if not wanted:
        return y.detach(), []
    weights = torch.cos(torch.arange(y.numel()) * 0.7).reshape(y.shape)
    found = torch.autograd.grad((y * weights).sum(), wanted, allow_unused=True)
    first = len(found) - len(parameters)
    shown = list(found[:first])
    for variable, gradient in zip(parameters.values(), found[first:], strict=True):
        ours = isinstance(variable, torchkeras.Variable)
        shown.append(
            variable.layout.to_keras(gradient) if ours and gradient is not None else gradient
        )
    return y.detach(), shown


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "arguments", "shape"), CASES)
def test_numbers_are_those_of_keras(name, arguments, shape, mode):
    if name == "Embedding" and mode == "float8":
        with pytest.raises(NotImplementedError, match="Invalid quantization mode"):
            pair(name, arguments, shape, mode)
        return
    ours, theirs, x = pair(name, arguments, shape, mode)
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    assert_same_weights(ours, theirs)
    torch.testing.assert_close(ours(torch.tensor(x)), theirs(torch.tensor(x)), rtol=1e-5, atol=1e-5)
    for mine, true in zip(*map(gradients, (ours, theirs), (x, x)), strict=True):
        if isinstance(mine, list):
            for one, other in zip(mine, true, strict=True):
                assert (one is None) == (other is None)
                if one is not None:
                    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        else:
            torch.testing.assert_close(mine, true, rtol=1e-5, atol=1e-5)


def quantized_einsum(mode, *arguments, weights=None, **options):
    """An EinsumDense in few bits, and what it gives for one input."""
    layer = layers.EinsumDense(*arguments, **options)
    x = torch.tensor(numbers((2, 3, 4, 6)))
    layer(x)
    given = layer.get_weights() if weights is None else weights
    layer.set_weights(given)
    layer.quantize(mode)
    return layer(x).detach(), given


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_any_axes_may_be_elided(mode):
    """Real Keras fails on these equations; with the axes spelled out it doesn't."""
    last, weights = quantized_einsum(mode, "...b,bcd->...cd", (3, 2), bias_axes="cd")
    spelled, _ = quantized_einsum(
        mode, "pqrb,bcd->pqrcd", (None, None, 3, 2), bias_axes="cd", weights=weights
    )
    torch.testing.assert_close(last, spelled)
    first, weights = quantized_einsum(mode, "ab...,bc->ac...", 5, bias_axes="c")
    spelled, _ = quantized_einsum(
        mode, "abpq,bc->acpq", (5, None, None), bias_axes="c", weights=weights
    )
    torch.testing.assert_close(first, spelled)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", [CASES[0], CASES[3], CASES[5], CASES[-1]], ids=lambda c: c[0])
def test_files_go_both_ways(case, mode, tmp_path):
    name, arguments, shape = case
    if name == "Embedding" and mode == "float8":
        return
    dtype = "int32" if name == "Embedding" else "float32"
    x = inputs_of(name, shape)
    for source, target in ((torchkeras, keras), (keras, torchkeras)):
        made = getattr(source.layers, name)(**arguments)
        model = source.Sequential([source.Input(shape[1:], dtype=dtype), made])
        made.quantize(**configuration(source, mode))
        path = tmp_path / f"{source.__name__}.keras"
        model.save(path)
        read = target.models.load_model(path)
        assert read.layers[-1].quantization_mode == made.quantization_mode
        outputs = [np.asarray(m.predict(x, verbose=0)) for m in (read, model)]
        np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-6)
        model.save_weights(tmp_path / "it.weights.h5")
        read.load_weights(tmp_path / "it.weights.h5")


@pytest.mark.parametrize("mode", ["int8", "int4 whole", "int4 blocks"])
@pytest.mark.parametrize("case", [CASES[0], CASES[3], CASES[-1]], ids=lambda c: c[0])
def test_low_rank_is_added_beside_few_bits(case, mode):
    ours, theirs, x = pair(*case, mode)
    part = "embeddings" if case[0] == "Embedding" else "kernel"
    for layer in (ours, theirs):
        layer.enable_lora(2, lora_alpha=3)
        for number, end in enumerate("ab"):
            weight = getattr(layer, f"lora_{part}_{end}")
            weight.assign(numbers(tuple(weight.shape), number))
    mine, true = (layer(torch.tensor(x)) for layer in (ours, theirs))
    torch.testing.assert_close(mine, true, rtol=1e-5, atol=1e-5)
    assert [w.name for w in ours.trainable_weights] == [w.name for w in theirs.trainable_weights]
    mine.sum().backward()
    assert all(w.parameter.grad is not None for w in ours.trainable_weights)
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert list(stores[0]) == list(stores[1])
    for one, other in zip(stores[0].values(), stores[1].values(), strict=True):
        other = other.numpy() if hasattr(other, "numpy") else other
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-5, atol=1e-5)
    ours.load_own_variables(stores[0])
    assert not getattr(ours, f"lora_{part}_a").numpy().any()


@pytest.mark.parametrize("mode", ["float8", "gptq", "awq"])
def test_low_rank_does_not_go_with_every_mode(mode):
    layer = layers.Dense(3)
    layer.build((None, 4))
    configs = {"gptq": "GPTQConfig", "awq": "AWQConfig"}
    config = None
    if mode in configs:
        config = getattr(torchkeras.quantizers, configs[mode])(None, None)
    layer.quantize(mode, config=config)
    with pytest.raises(ValueError, match="lora is not currently supported"):
        layer.enable_lora(2)


def test_custom_quantizers_are_used():
    for package in (torchkeras, keras):
        quantizers = package.quantizers
        config = quantizers.Int8QuantizationConfig(
            quantizers.AbsMaxQuantizer(axis=0, value_range=(-20, 20)), None
        )
        layer = package.layers.Dense(3)
        layer.build((None, 4))
        layer.set_weights([numbers((4, 3)), np.zeros(3)])
        layer.quantize(config=config)
        assert np.abs(layer.get_weights()[1]).max() == 20
        y = layer(torch.tensor(numbers((2, 4), 1)))
        wanted = y if package is torchkeras else wanted  # noqa: F821
    torch.testing.assert_close(y, wanted)
    config = torchkeras.quantizers.Int4QuantizationConfig(
        None, torchkeras.quantizers.AbsMaxQuantizer(axis=-1), block_size=None
    )
    layer = layers.Dense(3)
    x = torch.tensor(numbers((2, 4)), requires_grad=True)
    layer(x)
    layer.quantize(config=config)
    layer(x).sum().backward()
    assert layer.inputs_quantizer is config.activation_quantizer
    torch.testing.assert_close(x.grad[0], layer.linear.float_weight().sum(0))


def test_a_policy_builds_what_quantizing_makes():
    for policy in ("int8_from_float32", "int4/2_from_float32", "float8_from_mixed_bfloat16"):
        made = [p.layers.Dense(3, dtype=policy) for p in (torchkeras, keras)]
        for layer in made:
            layer.build((None, 4))
        ours, theirs = made
        assert {w.name: (w.shape, w.dtype) for w in ours.weights} == {
            w.name: (tuple(w.shape), w.dtype) for w in theirs.weights
        }
        assert ours.get_config()["dtype"]["config"] == theirs.get_config()["dtype"]["config"]
        for mine in ours.weights:
            true = next(w for w in theirs.weights if w.name == mine.name)
            if mine.name != "kernel" or mine.dtype == "int8":
                np.testing.assert_array_equal(mine.numpy(), true.numpy())
    layer = layers.Dense(3)
    layer.build((None, 4))
    layer.dtype_policy = "int4/2_from_float32"
    assert layer.kernel_scale.shape == (2, 3)
    other = layers.Dense(3)
    other.build((None, 4))
    with pytest.raises(ValueError, match="Please use the `.quantize\\('gptq', config"):
        other.dtype_policy = "gptq/4/2_from_float32"


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_a_quantized_layer_stays_one():
    layer = layers.Dense(8, activation="relu", name="it")
    x = torch.tensor(numbers((5, 16)))
    layer(x)
    layer.quantize("int8")
    with pytest.raises(ValueError, match="already quantized with dtype_policy='int8_from_float32'"):
        layer.quantize("int4")
    wanted = layer(x)
    twin = copy.deepcopy(layer)
    torch.testing.assert_close(twin(x), wanted)
    assert twin.kernel.parameter is not layer.kernel.parameter
    torch.testing.assert_close(pickle.loads(pickle.dumps(layer))(x), wanted)
    assert len(layer.state_dict()) == len(layer.weights)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), wanted)
    compiled(x.clone().requires_grad_()).sum().backward()
    program = torch.export.export(layer, (x,), dynamic_shapes=({0: torch.export.Dim("b")},))
    other = torch.tensor(numbers((3, 16), 1))
    torch.testing.assert_close(program.module()(other), layer(other))
    assert layer(x[:0]).shape == (0, 8)
    assert layer(x.detach()[:1]).shape == (1, 8)
    layer.to(torch.float64)
    assert layer(x.detach().double()).dtype == torch.float64
    assert layer.dtype_policy.name == "int8_from_float64"


def test_half_precision_is_kept():
    for policy in ("mixed_bfloat16", "bfloat16"):
        ours, theirs, x = pair(*DENSE, "int8", dtype=policy)
        mine, true = ours(torch.tensor(x)), theirs(torch.tensor(x))
        assert mine.dtype == true.dtype == torch.bfloat16
        torch.testing.assert_close(mine.float(), true.float(), rtol=0.05, atol=0.05)
    layer = layers.Dense(3, dtype="float16")
    layer.build((None, 4))
    with pytest.raises(ValueError, match="doesn't work well with float16"):
        layer.quantize("int8")


def test_subclasses_are_left_alone_unless_told():
    class Own(layers.Dense):
        """Might compute something else."""

    layer = Own(3)
    layer.build((None, 4))
    with pytest.raises(NotImplementedError, match="does not have a `quantize` method"):
        layer.quantize("int8")
    layer.quantize("int8", type_check=False)
    assert layer.quantization_mode == "int8"


def test_float8_scales_follow_the_largest_values():
    layer = layers.Dense(3, dtype=torchkeras.dtype_policies.QuantizedFloat8DTypePolicy(
        "float8", "float32", amax_history_length=4
    ))  # fmt: skip
    model = torchkeras.Sequential([torchkeras.Input((4,)), layer])
    model.compile("sgd", "mse")
    x = numbers((8, 4)) * 10
    assert layer.inputs_amax_history.shape == (4,)
    model.fit(x, np.zeros((8, 3)), batch_size=8, epochs=2, verbose=0)
    history = layer.inputs_amax_history.numpy()
    assert history[0] == np.abs(x).max()
    np.testing.assert_allclose(layer.inputs_scale.numpy(), np.abs(x).max() / 448, rtol=1e-6)


def test_a_model_quantizes_its_layers_and_keeps_training_its_biases():
    inputs = torchkeras.Input((4,), dtype="int32")
    x = layers.Embedding(10, 8)(inputs)
    x = layers.MultiHeadAttention(2, 4)(x, x)
    model = torchkeras.Model(inputs, layers.Dense(1, name="head")(layers.Flatten()(x)))
    ids = np.random.default_rng(0).integers(0, 10, (16, 4))
    before = model.predict(ids, verbose=0)
    model.quantize("int8", filters=lambda layer: layer.name != "head")
    after = model.predict(ids, verbose=0)
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(before, after, atol=0.05)
    assert model.get_layer("head").quantization_mode is None
    assert model.layers[1].quantization_mode == "int8"
    attention = next(one for one in model.layers if "attention" in one.name)
    assert {one.quantization_mode for one in attention._layers if one.weights} == {"int8"}
    model.compile("sgd", "mse")
    model.fit(ids, np.zeros((16, 1)), verbose=0)


def test_layers_within_layers_are_quantized_as_their_files_say(tmp_path):
    """Keras writes no policy for the projections of attention, and fails to read its own file."""
    inputs = torchkeras.Input((4, 8))
    model = torchkeras.Model(inputs, layers.MultiHeadAttention(2, 4)(inputs, inputs))
    model.quantize("int8")
    model.save(tmp_path / "it.keras")
    twin = torchkeras.models.load_model(tmp_path / "it.keras")
    x = numbers((2, 4, 8))
    np.testing.assert_allclose(twin.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    assert {w.dtype for w in twin.weights} == {"int8", "float32"}


def test_a_file_of_weights_does_not_quantize_a_layer_that_is_there(tmp_path):
    """What follows in the file may be damaged, and the layer is to stay as it was."""
    models = [torchkeras.Sequential([torchkeras.Input((8,)), layers.Dense(5)]) for _ in range(2)]
    models[0].quantize("int8")
    models[0].save_weights(tmp_path / "it.weights.h5")
    before = models[1].get_weights()
    with pytest.raises(ValueError, match="expected 2 variables, but received 3"):
        models[1].load_weights(tmp_path / "it.weights.h5")
    for now, then in zip(models[1].get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
