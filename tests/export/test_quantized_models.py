"""Models with low-rank products and with weights of few bits, on their way out."""

import importlib.util

import numpy as np
import pytest
import torch

from torchkeras import Input, Model, Sequential, layers, quantizers
from torchkeras.export.ejection import eject
from torchkeras.export.noise import quiet

VALUES = np.random.default_rng(0)
IDS = VALUES.integers(0, 20, (3, 6)).astype("int32")


def written(model, folder, x):
    """The module that ``model`` is written as."""
    eject(model, folder, inputs=x)
    spec = importlib.util.spec_from_file_location("written_model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def words():
    """A model of each layer that can be adapted or rounded, but for convolutions."""
    ids = Input((6,), dtype="int32", name="ids")
    table = layers.ReversibleEmbedding(20, 16, tie_weights=False, name="table")
    x = layers.MultiHeadAttention(2, 8, name="heads")(*[table(ids)] * 2)
    x = layers.Dense(16, activation="relu", name="dense")(x)
    return Model(ids, table(x + layers.Embedding(20, 16, name="places")(ids), reverse=True))


def with_low_rank(model):
    for layer in model._flatten_layers():
        if hasattr(layer, "enable_lora") and layer.built:
            layer.enable_lora(2, lora_alpha=3)
            b = getattr(layer, f"lora_{layer.adapted}_b")
            b.assign(VALUES.normal(size=b.shape) / 4)
    return model


def rounded(model, mode, **options):
    model.quantize(mode, **options)
    return model


WAYS = {
    "low rank": with_low_rank,
    "int8": lambda model: rounded(model, "int8"),
    "int8 weights alone": lambda model: rounded(
        model, "int8", config=quantizers.Int8QuantizationConfig(activation_quantizer=None)
    ),
    "int4 in blocks": lambda model: rounded(
        model, "int4", config=quantizers.Int4QuantizationConfig(block_size=8)
    ),
    "int4": lambda model: rounded(
        model, "int4", config=quantizers.Int4QuantizationConfig(block_size=-1)
    ),
    "float8": lambda model: rounded(
        model, "float8", filters=lambda layer: not isinstance(layer, layers.Embedding)
    ),
    "int8 and low rank": lambda model: with_low_rank(rounded(model, "int8")),
    "int4 and low rank": lambda model: with_low_rank(rounded(model, "int4")),
}


QUICK = ("low rank", "int8", "int4 in blocks", "float8")


@pytest.mark.parametrize(
    "way", [w if w in QUICK else pytest.param(w, marks=pytest.mark.slow) for w in WAYS]
)
def test_the_source_computes_the_same(way, tmp_path):
    model = WAYS[way](words())
    with torch.no_grad():
        wanted = model(torch.tensor(IDS))
        torch.testing.assert_close(model.to_torch()(torch.tensor(IDS)), wanted)
        torch.testing.assert_close(written(model, tmp_path, IDS)(torch.tensor(IDS)), wanted)


@pytest.mark.parametrize(
    "way", [w if w == "int8" else pytest.param(w, marks=pytest.mark.slow) for w in WAYS]
)
def test_torch_writes_the_source_as_onnx(way, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    ids = Input((6,), dtype="int32", name="ids")
    model = WAYS[way](Model(ids, layers.Dense(3)(layers.Embedding(20, 16)(ids))))
    module, x = written(model, tmp_path, IDS), torch.tensor(IDS)
    with quiet():
        program = torch.onnx.export(module, (x,), dynamic_shapes=({0: "batch"},), verbose=False)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    more = torch.cat([x, x])
    (found,) = session.run(None, {"ids": more.numpy()})
    torch.testing.assert_close(torch.tensor(found), module(more).detach())


def test_low_rank_beside_convolutions_is_written_out(tmp_path):
    model = Sequential([Input((8, 8, 3)), layers.Conv2D(4, 3, strides=2, padding="same")])
    x = VALUES.normal(size=(2, 8, 8, 3)).astype("float32")
    found = written(with_low_rank(model), tmp_path, x)
    torch.testing.assert_close(found(torch.tensor(x)), model(x))


def test_low_rank_matrices_are_what_the_source_trains(tmp_path):
    model = with_low_rank(Sequential([Input((4,)), layers.Dense(3, name="dense")]))
    found = written(model, tmp_path, VALUES.normal(size=(2, 4)).astype("float32"))
    trained = {name for name, weight in found.named_parameters() if weight.requires_grad}
    assert trained == {"dense.lora_kernel_a", "dense.lora_kernel_b", "dense.bias"}
    found(torch.ones(2, 4)).sum().backward()
    assert found.dense.lora_kernel_a.grad.abs().sum() > 0
    assert found.dense.weight.grad is None


def test_scales_of_float8_are_buffers_of_the_source(tmp_path):
    model = rounded(Sequential([Input((4,)), layers.Dense(3, name="dense")]), "float8")
    found = written(model, tmp_path, VALUES.normal(size=(2, 4)).astype("float32"))
    assert {name for name, _ in found.named_parameters()} == {"dense.weight", "dense.bias"}


@pytest.mark.parametrize("kind", [quantizers.AWQConfig, quantizers.GPTQConfig])
@pytest.mark.parametrize("is_calibrated", [False, True])
def test_calibrated_weights_are_written(kind, is_calibrated, tmp_path):
    x = VALUES.normal(size=(8, 6)).astype("float32")
    model = Sequential([Input((6,)), layers.Dense(4, name="dense")])
    config = kind(dataset=[x], tokenizer=None, group_size=3)
    model.layers[0].quantize(config.mode, config=config)
    if is_calibrated:
        model.layers[0].quantized_kernel.assign(VALUES.integers(0, 255, (2, 6)))
        model.layers[0].finish_calibration()
    torch.testing.assert_close(written(model, tmp_path, x)(torch.tensor(x)), model(x))


def test_quantizers_of_the_users_are_an_error_that_names_the_layer(tmp_path):
    class Own(quantizers.AbsMaxQuantizer):
        pass

    model = Sequential([Input((4,)), layers.Dense(3, name="dense")])
    model.quantize("int8", config=quantizers.Int8QuantizationConfig(activation_quantizer=Own()))
    with pytest.raises(ValueError, match=r'Dense "dense" can\'t be written.*Own'):
        eject(model, tmp_path)


def test_batch_renormalization_keeps_its_axis(tmp_path):
    norm = layers.BatchNormalization(axis=1, momentum=0.5, renorm=True)
    model = Sequential([Input((4, 3)), norm])
    x = VALUES.normal(size=(2, 4, 3)).astype("float32")
    found = written(model, tmp_path, x)
    torch.testing.assert_close(found(torch.tensor(x)), model(x))
    torch.testing.assert_close(found.train()(torch.tensor(x)), model(x, training=True))
