"""Models as ONNX, run by onnxruntime."""

import numpy as np
import pytest
import torch

from torchkeras import Input, InputSpec, Model, Sequential, layers
from torchkeras.export import onnx, programs

pytest.importorskip("onnxscript")


def session(path):
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def written(model, path, **options):
    programs.export(model, path, "onnx", verbose=False, **options)
    return session(path)


def compare(model, path, *shapes, integers=0):
    """What ONNX computes is what the model does, at these sizes."""
    opened = written(model, path)
    (name,) = (value.name for value in opened.get_inputs())
    for shape in shapes:
        draw = np.random.default_rng(0)
        x = draw.integers(0, integers, shape) if integers else draw.normal(size=shape)
        x = x.astype(model.inputs[0].dtype)
        found = opened.run(None, {name: x})
        with torch.no_grad():
            wanted = model(torch.tensor(x), training=False)
        np.testing.assert_allclose(found[0], wanted.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("both", [False, True], ids=["", "both"])
def test_masked_recurrent_layers_take_any_length(kind, both, tmp_path):
    layer = getattr(layers, kind)(4, return_sequences=True)
    stack = [Input((None,), dtype="int32"), layers.Embedding(4, 3, mask_zero=True)]
    model = Sequential([*stack, layers.Bidirectional(layer) if both else layer])
    compare(model, tmp_path / "model.onnx", (1, 9), (2, 4), (7, 5), integers=4)


def test_cells_without_kernels_take_any_length(tmp_path):
    cells = [layers.LSTMCell(4, activation="relu"), layers.GRUCell(3, reset_after=False)]
    stack = [Input((None,), dtype="int32"), layers.Embedding(4, 3, mask_zero=True)]
    model = Sequential([*stack, layers.RNN(cells, return_sequences=True)])
    compare(model, tmp_path / "model.onnx", (1, 9), (2, 4), (7, 5), integers=4)


@pytest.mark.parametrize("pool", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_strides_over_open_images_pad_as_keras_does(pool, tmp_path):
    same = {"strides": 2, "padding": "same"}
    stack = [layers.Conv2D(4, 3, **same), pool(3, **same)]
    model = Sequential([Input((None, None, 3)), *stack])
    compare(model, tmp_path / "model.onnx", (1, 33, 40, 3), (2, 32, 17, 3), (7, 20, 20, 3))


@pytest.mark.parametrize("kind", ["AdaptiveMaxPooling2D", "AdaptiveAveragePooling2D"])
def test_adaptive_pools_take_open_images(kind, tmp_path):
    model = Sequential([Input((None, None, 3)), getattr(layers, kind)(3), layers.Flatten()])
    compare(model, tmp_path / "model.onnx", (1, 7, 8, 3), (2, 12, 5, 3))


def test_names_are_those_of_the_model(tmp_path):
    a, b = Input((2,), name="left"), Input((3,), name="right")
    sums = {"sum": layers.Dense(1)(a), "left": layers.Dense(1)(b)}
    opened = written(Model([a, b], sums), tmp_path / "model.onnx")
    assert [value.name for value in opened.get_inputs()] == ["left", "right"]
    assert [value.name for value in opened.get_outputs()] == ["left_1", "sum"]
    opened = written(Model([a, b], list(sums.values())), tmp_path / "model.onnx")
    assert [value.name for value in opened.get_outputs()] == ["dense", "dense_1"]


def test_keys_are_names(tmp_path):
    a = Input((2,), name="a")
    model = Model({"a": a}, {"twice": a * 2.0, "parts": [a + 1.0, a + 2.0]})
    opened = written(model, tmp_path / "model.onnx")
    assert [value.name for value in opened.get_outputs()] == ["parts_0", "parts_1", "twice"]


def test_a_signature_names_inputs(tmp_path):
    class Twice(Model):
        def call(self, x):
            return x * 2.0

    model = Twice()
    model(torch.zeros(2, 3))
    opened = written(model, tmp_path / "model.onnx")
    assert [value.name for value in opened.get_inputs()] == ["input_0"]
    assert [value.name for value in opened.get_outputs()] == ["output_0"]
    signature = [InputSpec(shape=(None, 3), dtype="float32", name="features")]
    opened = written(model, tmp_path / "model.onnx", input_signature=signature)
    assert [value.name for value in opened.get_inputs()] == ["features"]


def small():
    return Sequential([Input((8,), name="x"), layers.Dense(32, name="first"), layers.Dense(4)])


def test_weights_are_written_once(tmp_path):
    inputs, shared = Input((64,), name="x"), layers.Dense(64)
    model = Model(inputs, shared(shared(inputs)) + layers.Dense(64)(inputs))
    written(model, tmp_path / "model.onnx")
    size = sum(weight.numpy().nbytes for weight in model.weights)
    assert size < (tmp_path / "model.onnx").stat().st_size < 1.3 * size


def test_large_weights_go_beside_the_model(tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    model = small()
    monkeypatch.setattr(onnx, "MOST_WITHIN", 500)
    compare(model, path, (1, 8), (7, 8))
    (first,) = tmp_path.glob("model.onnx.*.data")
    model.layers[0].kernel.assign(model.layers[0].kernel * 2.0)
    compare(model, path, (2, 8))
    (second,) = tmp_path.glob("model.onnx.*.data")
    assert second != first
    monkeypatch.undo()
    compare(model, path, (2, 8))
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("most", [500, onnx.MOST_WITHIN])
def test_an_old_file_stays_whole_when_writing_fails(most, tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    monkeypatch.setattr(onnx, "MOST_WITHIN", most)
    model = small()
    compare(model, path, (2, 8))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx.files, "synchronize", full)
    with pytest.raises(OSError, match="No space"):
        programs.export(model, path, verbose=False)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("version", [18, 21])
def test_the_version_of_the_operations_may_be_given(version, tmp_path):
    import onnx as format

    written(small(), tmp_path / "model.onnx", opset_version=version)
    (found,) = (
        part.version
        for part in format.load(tmp_path / "model.onnx").opset_import
        if part.domain == ""
    )
    assert found == version


def test_what_onnx_cannot_do_is_said(tmp_path):
    class Solve(layers.Layer):
        def call(self, x):
            return torch.linalg.svdvals(x)

    inputs = Input((3, 3))
    with pytest.raises(ValueError, match="can't be written as ONNX: .*svd"):
        programs.export(Model(inputs, Solve()(inputs)), tmp_path / "model.onnx", verbose=False)
    assert not list(tmp_path.iterdir())
