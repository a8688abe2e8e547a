"""Models as ONNX, run by onnxruntime."""

import contextlib
import logging

import numpy as np
import pytest
import torch

from torchkeras import Input, InputSpec, Model, Sequential, layers
from torchkeras.core import nested
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


def names(values):
    return [value.name for value in values]


def compare(opened, model, data):
    """What ONNX computes is what the model does, for inputs by name."""
    found = dict(zip(names(opened.get_outputs()), opened.run(None, data), strict=True))
    with torch.no_grad():
        wanted = model([torch.tensor(data[name]) for name in names(opened.get_inputs())])
    wanted = nested.flatten(wanted)
    for (name, mine), other in zip(found.items(), wanted, strict=True):
        np.testing.assert_allclose(mine, other.numpy(), rtol=1e-4, atol=1e-5, err_msg=name)


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def numbers(*shape):
    return np.random.default_rng(0).integers(0, 4, shape).astype("int32")


# Sizes that are open: many layers in one model, since each program takes its time


def cells():
    """What runs over sequences: kernels one way and both ways, and cells that have none."""
    kinds = {"LSTM": layers.LSTM, "GRU": layers.GRU, "SimpleRNN": layers.SimpleRNN}
    found = {name: kind(4, return_sequences=True) for name, kind in kinds.items()}
    both = {f"both {name}": layers.Bidirectional(layer) for name, layer in found.items()}
    without = [layers.LSTMCell(4, activation="relu"), layers.GRUCell(3, reset_after=False)]
    return found | both | {"one": layers.RNN(without[0]), "several": layers.RNN(without)}


def sequences(*chosen):
    """Layers over masked sequences of any length."""
    words = Input((None,), dtype="int32", name="words")
    x, made = layers.Embedding(4, 3, mask_zero=True)(words), cells()
    return Model(words, {name: made[name](x) for name in chosen})


def images():
    """Layers over images of any height and width, by the names that users give."""
    same = {"strides": 2, "padding": "same"}
    image = Input((None, None, 3), name="image")
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, **same)(image))
    outputs = {
        "largest": layers.MaxPooling2D(3, **same)(x),
        "average": layers.AveragePooling2D(3, **same)(x),
        "adaptive largest": layers.Flatten()(layers.AdaptiveMaxPooling2D(3)(image)),
        "adaptive average": layers.Flatten()(layers.AdaptiveAveragePooling2D(3)(image)),
        "classes": layers.Dense(2, "softmax")(layers.GlobalAveragePooling2D()(x)),
    }
    return Model(image, outputs)


@pytest.fixture(scope="module")
def of_sequences(tmp_path_factory):
    model = sequences("LSTM", "both GRU", "SimpleRNN", "one")
    return model, written(model, tmp_path_factory.mktemp("onnx") / "sequences.onnx")


@pytest.fixture(scope="module")
def of_images(tmp_path_factory):
    model = images()
    return model, written(model, tmp_path_factory.mktemp("onnx") / "images.onnx")


@pytest.mark.parametrize("shape", [(1, 9), (2, 4), (7, 5)], ids=str)
def test_masked_recurrent_layers_take_any_length(shape, of_sequences):
    model, opened = of_sequences
    compare(opened, model, {"words": numbers(*shape)})


@pytest.mark.slow
@pytest.mark.parametrize("name", cells())
def test_every_recurrent_layer_takes_any_length(name, tmp_path):
    model = sequences(name)
    opened = written(model, tmp_path / "model.onnx")
    for shape in ((1, 9), (2, 4), (7, 5)):
        compare(opened, model, {"words": numbers(*shape)})


@pytest.mark.parametrize("shape", [(1, 33, 40, 3), (2, 32, 17, 3), (7, 20, 20, 3)], ids=str)
def test_strides_and_pools_over_open_images_do_as_keras_does(shape, of_images):
    model, opened = of_images
    compare(opened, model, {"image": normal(*shape)})


# Names


def test_names_are_those_of_the_model(tmp_path):
    a, b = Input((2,), name="left"), Input((3,), name="right")
    parts = {"sum": layers.Dense(1)(a), "left": layers.Dense(1)(b), "parts": [a + 1.0, b * 2.0]}
    model = Model([a, b], parts)
    opened = written(model, tmp_path / "model.onnx")
    assert names(opened.get_inputs()) == ["left", "right"]
    assert names(opened.get_outputs()) == ["left_1", "parts_0", "parts_1", "sum"]
    compare(opened, model, {"left": normal(4, 2), "right": normal(4, 3)})


@pytest.fixture
def chosen(monkeypatch):
    """Names of inputs and of outputs that ONNX is given, which isn't written."""
    found = []
    monkeypatch.setattr(onnx, "written", lambda program, example, *given: found.extend(given[:2]))
    monkeypatch.setattr(onnx, "save", lambda made, target: None)
    return found


def test_outputs_without_keys_are_called_by_their_layers(chosen):
    a, b = Input((2,), name="x"), Input((3,), name="y")
    model = Model({"a": a, "b": b}, [layers.Dense(1)(a), layers.Dense(1)(b)])
    programs.export(model, "model.onnx", verbose=False)
    assert chosen == [["x", "y"], ["dense", "dense_1"]]


def test_a_signature_names_inputs(chosen):
    class Sum(Model):
        def call(self, x, y):
            return x + y

    model = Sum()
    model(torch.zeros(2, 3), torch.zeros(2, 3))
    signature = [InputSpec(shape=(None, 3), name="features"), InputSpec(shape=(None, 3))]
    programs.export(model, "model.onnx", input_signature=signature, verbose=False)
    assert chosen == [["features", "input_1"], ["output_0"]]


# Files


def small():
    return Sequential([Input((8,), name="x"), layers.Dense(32), layers.Dense(4)])


VERSIONS = (18, 21)  # of the operations; neither is torch's default


@pytest.fixture(scope="module")
def of_two():
    """Two models of one kind, and what they are in ONNX."""
    found = []
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for version in VERSIONS:
            model = small()
            patch.setattr(onnx, "save", lambda made, target: found.append((model, made)))  # noqa: B023
            programs.export(model, "model.onnx", opset_version=version, verbose=False)
    return found


def test_weights_are_written_once_and_nothing_is_said(tmp_path, capfd, caplog):
    inputs, shared = Input((64,), name="x"), layers.Dense(64)
    model = Model(inputs, shared(shared(inputs)) + layers.Dense(64)(inputs))
    programs.export(model, tmp_path / "model.onnx", verbose=False)
    assert not any(capfd.readouterr())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    size = sum(weight.numpy().nbytes for weight in model.weights)
    assert size < (tmp_path / "model.onnx").stat().st_size < 1.3 * size


def test_large_weights_go_beside_the_model(of_two, tmp_path, monkeypatch):
    path, (first, second) = tmp_path / "model.onnx", of_two
    monkeypatch.setattr(onnx, "MOST_WITHIN", 500)
    files = []
    for model, made in (first, second):
        onnx.save(made, path)
        compare(session(path), model, {"x": normal(7, 8)})
        (beside,) = tmp_path.glob("model.onnx.*.data")
        files.append(beside)
    assert files[0] != files[1]
    monkeypatch.undo()
    onnx.save(first[1], path)
    compare(session(path), first[0], {"x": normal(2, 8)})
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("most", [500, onnx.MOST_WITHIN])
def test_an_old_file_stays_whole_when_writing_fails(most, of_two, tmp_path, monkeypatch):
    path, (first, second) = tmp_path / "model.onnx", of_two
    monkeypatch.setattr(onnx, "MOST_WITHIN", most)
    onnx.save(first[1], path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx.files, "synchronize", full)
    with pytest.raises(OSError, match="No space"):
        onnx.save(second[1], path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_version_of_the_operations_may_be_given(of_two, tmp_path):
    import onnx as format

    found = []
    for _, made in of_two:
        onnx.save(made, tmp_path / "model.onnx")
        opened = format.load(tmp_path / "model.onnx")
        found += [part.version for part in opened.opset_import if part.domain == ""]
    assert found == list(VERSIONS)


def test_what_onnx_cannot_do_is_said(tmp_path):
    class Solve(layers.Layer):
        def call(self, x):
            return torch.linalg.svdvals(x)

    inputs = Input((3, 3))
    with pytest.raises(ValueError, match="can't be written as ONNX: .*svd"):
        programs.export(Model(inputs, Solve()(inputs)), tmp_path / "model.onnx", verbose=False)
    assert not list(tmp_path.iterdir())
