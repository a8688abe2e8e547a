"""Models as programs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import contract
import numpy as np
import pytest
import torch

from torchkeras import Input, InputSpec, Model, Sequential, layers, ops
from torchkeras.core import nested
from torchkeras.export import onnx
from torchkeras.export.programs import export

ROOT = Path(__file__).parents[2]
ROWS = {str(row): row for row in contract.TABLE if not row.eager}


def network():
    image = Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(x))
    return Model(image, layers.Dense(2, activation="softmax")(x))


def two_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    return Model(
        {"a": a, "b": b}, {"sum": layers.Dense(1)(a) + layers.Dense(1)(b), "twice": a * 2.0}
    )


def test_a_program_takes_any_batch_and_needs_no_torchkeras(tmp_path):
    model = network()
    export(model, tmp_path / "model.pt2", verbose=False)
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    np.savez(tmp_path / "x.npz", x=x, y=model.predict(x, verbose=0))
    code = (
        "import sys; sys.modules['torchkeras'] = None; import numpy, torch; "
        "f = numpy.load('x.npz'); p = torch.export.load('model.pt2').module(); "
        "torch.testing.assert_close(p(torch.tensor(f['x'])), torch.tensor(f['y']))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_structures_of_inputs_and_outputs_are_kept(tmp_path):
    model = two_inputs()
    export(model, tmp_path / "model.pt2", "torch", verbose=False)
    data = {"a": torch.ones(4, 2), "b": torch.ones(4, 3)}
    found = torch.export.load(tmp_path / "model.pt2").module()(data)
    torch.testing.assert_close(found, model(data))


def test_states_of_recurrent_layers_go_on_from_call_to_call(tmp_path, monkeypatch):
    inputs = Input(batch_shape=(2, 5, 3))
    model = Model(inputs, layers.GRU(4, stateful=True)(inputs))
    export(model, tmp_path / "model.pt2", verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    x = torch.randn(2, 5, 3)
    for _ in range(2):
        torch.testing.assert_close(program(x), model(x))
    monkeypatch.setattr(onnx, "written", lambda *args: None)
    monkeypatch.setattr(onnx, "save", lambda *args: None)
    with pytest.warns(UserWarning, match="ONNX keeps no state.*gru"):
        export(model, tmp_path / "model.onnx", verbose=False)


def test_the_model_is_left_in_its_mode(tmp_path):
    model = network()
    model.train()
    export(model, tmp_path / "model.pt2", verbose=False)
    assert all(part.training for part in model.modules())


def test_a_signature_may_be_given(tmp_path):
    model = Sequential([Input((None, 3)), layers.Dense(2)])
    signature = [InputSpec(shape=(None, 7, 3), dtype="float32")]
    export(model, tmp_path / "model.pt2", input_signature=signature, verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    assert program(torch.zeros(2, 7, 3)).shape == (2, 7, 2)


class Branches(Model):
    """Takes two arguments, and goes where values say."""

    def __init__(self, looks=False):
        super().__init__()
        self.looks, self.dense = looks, layers.Dense(2)

    def call(self, a, b):
        y = self.dense(a) + self.dense(b)
        return -y if self.looks and float(y.detach().sum()) > 0 else y


SPEC = InputSpec(shape=(None, 4), dtype="float32")


def test_several_arguments_need_a_signature(tmp_path):
    model, data = Branches(), (torch.ones(3, 4), torch.zeros(3, 4))
    wanted = model(*data)
    export(model, tmp_path / "model.pt2", input_signature=[SPEC, SPEC], verbose=False)
    found = torch.export.load(tmp_path / "model.pt2").module()(*data)
    torch.testing.assert_close(found, wanted)
    with pytest.raises(ValueError, match="give input_signature a list"):
        export(model, tmp_path / "model.pt2", verbose=False)


def test_what_depends_on_values_is_an_error(tmp_path):
    model = Branches(looks=True)
    model(torch.ones(3, 4), torch.zeros(3, 4))
    with pytest.raises(ValueError, match="depends on the values of tensors"):
        export(model, tmp_path / "model.pt2", input_signature=[SPEC, SPEC], verbose=False)


def test_open_sizes_stay_open(tmp_path):
    same = {"strides": 2, "padding": "same"}
    image = Input((None, None, 3))
    x = layers.MaxPooling2D(3, **same)(layers.Conv2D(4, 3, **same)(image))
    text = Input((None,), dtype="int32")
    y = layers.Embedding(9, 3, mask_zero=True)(text)
    model = Model([image, text], [x, layers.LSTM(4)(y), layers.GRU(4)(y)])
    export(model, tmp_path / "model.pt2", verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    for batch, height, width, length in ((2, 17, 40, 5), (1, 32, 9, 11)):
        data = [torch.randn(batch, height, width, 3), torch.randint(0, 9, (batch, length))]
        torch.testing.assert_close(program(data), model(data))


class Cell(layers.Layer):
    """A cell that torch has no kernel for."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = units
        self.inner, self.norm = layers.Dense(units), layers.LayerNormalization()

    def build(self, input_shape):
        self.inner.build((None, input_shape[-1] + self.units))
        self.norm.build((None, self.units))
        self.built = True

    def call(self, x, states):
        h = ops.tanh(self.norm(self.inner(ops.concatenate([x, states[0]], -1))))
        return h, [h]


def step_by_step():
    """Networks of cells without kernels, over sequences of any length."""
    text, signal = Input((None,), dtype="int32"), Input((None, 4, 2))
    x = layers.Embedding(5, 3, mask_zero=True)(text)
    cells = [Cell(4), layers.GRUCell(3, reset_after=False)]
    outputs = [
        layers.RNN(cells, return_sequences=True, return_state=True)(x),
        layers.LSTM(4, activation="relu")(x),
        layers.ConvLSTM1D(3, 3, padding="same", return_sequences=True)(signal),
    ]
    return Model([text, signal], outputs)


def text_and_signal(batch, length):
    return [torch.randint(0, 5, (batch, length)).int(), torch.randn(batch, length, 4, 2)]


def test_cells_without_kernels_keep_their_lengths_open(tmp_path):
    model = step_by_step()
    export(model, tmp_path / "model.pt2", verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    for batch, length in ((2, 7), (1, 3), (3, 1)):
        data = text_and_signal(batch, length)
        with torch.no_grad():
            torch.testing.assert_close(program(data), model(data))


class Total(layers.Layer):
    def call(self, x):
        return sum(x.unbind(1))


def test_sizes_that_are_settled_are_named(tmp_path):
    model = Sequential([Input((None, 3)), Total()])
    with pytest.warns(UserWarning, match='settles .*: axis 1 of "inputs" is [0-9]+[.]'):
        export(model, tmp_path / "model.pt2", verbose=False)


def test_sizes_may_be_bounded(tmp_path):
    model = network()
    sizes = {0: torch.export.Dim("batch", min=2, max=4)}
    export(model, tmp_path / "model.pt2", dynamic_shapes=sizes, verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    assert program(torch.zeros(4, 8, 8, 3)).shape == (4, 2)
    with pytest.raises(Exception, match="4"):
        program(torch.zeros(5, 8, 8, 3))


def test_a_model_in_two_places_is_written(tmp_path):
    inner = Sequential([Input((4,)), layers.Dense(3)])
    a, b = Input((4,)), Input((4,))
    outer = Model(a, inner(a))
    model = Model(b, [outer(b), inner(b)])
    export(model, tmp_path / "model.pt2", verbose=False)
    x = torch.randn(2, 4)
    found = torch.export.load(tmp_path / "model.pt2").module()(x)
    torch.testing.assert_close(found, model(x))


def test_an_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "model.pt2"
    path.write_bytes(b"the old one")

    def full(program, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch.export, "save", full)
    with pytest.raises(OSError, match="No space"):
        export(network(), path, verbose=False)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "model.pt2": b"the old one"
    }


@pytest.mark.slow
def test_machine_code_takes_any_batch_and_needs_no_torchkeras(tmp_path):
    model = network()
    export(model, tmp_path / "model.pt2", "aoti", verbose=False)
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    np.savez(tmp_path / "x.npz", x=x, y=model.predict(x, verbose=0))
    code = (
        "import sys; sys.modules['torchkeras'] = None; import numpy, torch; "
        "f = numpy.load('x.npz'); p = torch._inductor.aoti_load_package('model.pt2'); "
        "[torch.testing.assert_close(p(torch.tensor(f['x'][:n])), torch.tensor(f['y'][:n])) "
        "for n in (5, 1, 2)]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def dense():
    stack = [layers.Dense(16, "relu"), layers.BatchNormalization(), layers.Dropout(0.5)]
    return Sequential([Input((6,)), *stack, layers.Dense(3)])


def texts():
    words = Input((None,), dtype="int32")
    x = layers.Embedding(9, 8, mask_zero=True)(words)
    attended = layers.MultiHeadAttention(2, 4)(x, x)
    return Model(words, [layers.LSTM(4)(x), layers.GlobalAveragePooling1D()(attended)])


def in_eight_bits():
    model = Sequential([Input((6,)), layers.Dense(16, "relu"), layers.Dense(3)])
    model.quantize("int8")
    return model


def own_cells(length=3):
    return Sequential([Input((length, 3)), layers.RNN(Cell(4), return_sequences=True)])


def numbers_of_categories():
    kind = Input((1,), dtype="int32")
    x = layers.CategoryEncoding(4, output_mode="one_hot")(kind)
    return Model(kind, layers.Rescaling(2.0, 1.0)(x))


@pytest.mark.slow
@pytest.mark.parametrize(
    "made", [dense, two_inputs, texts, in_eight_bits, own_cells, numbers_of_categories]
)
def test_machine_code_computes_as_the_model(made, tmp_path):
    model = made()
    export(model, tmp_path / "model.pt2", "aoti", verbose=False)
    loaded = torch._inductor.aoti_load_package(tmp_path / "model.pt2")

    def drawn(symbol, batch, length):
        shape = [batch, *(length if size is None else size for size in symbol.shape[1:])]
        if symbol.dtype == "int32":
            return torch.randint(0, 4, shape, dtype=torch.int32)
        return torch.randn(shape)

    for batch, length in ((1, 9), (2, 5), (7, 12)):
        data = nested.map_structure(lambda s: drawn(s, batch, length), model.input)  # noqa: B023
        with torch.no_grad():
            torch.testing.assert_close(loaded(data), model(data), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_machine_code_of_cells_without_kernels_needs_a_length(tmp_path):
    with pytest.raises(ValueError, match="can't be compiled: .*input_signature a fixed one"):
        export(own_cells(None), tmp_path / "model.pt2", "aoti", verbose=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_machine_code_runs_from_cpp_as_the_docs_say(tmp_path):
    text = (ROOT / "docs" / "way_out.md").read_text(encoding="utf-8")
    program, build = re.search(r"```cpp\n(.*?)```\s+```\n(.*?)```", text, re.DOTALL).groups()
    (tmp_path / "serve.cpp").write_text(program)
    model = network()
    export(model, tmp_path / "model.pt2", "aoti", verbose=False)
    build = build.replace("python", sys.executable)
    subprocess.run(["sh", "-ec", build], cwd=tmp_path, check=True)
    said = subprocess.run(["./serve"], cwd=tmp_path, check=True, capture_output=True, text=True)
    found = [float(number) for number in re.sub(r"\[.*", "", said.stdout).split()]
    wanted = model(torch.ones(5, 8, 8, 3)).detach().flatten()
    torch.testing.assert_close(torch.tensor(found), wanted, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_every_layer_can_be_exported(name, tmp_path):
    row = ROWS[name]
    symbols = row.symbols()
    model = Model(symbols, row.layer()(symbols))
    export(model, tmp_path / "model.pt2", verbose=False)
    x = row.tensors()
    found = torch.export.load(tmp_path / "model.pt2").module()(x)
    torch.testing.assert_close(found, model(x), equal_nan=True)


@pytest.mark.parametrize("format", ["tf_saved_model", "openvino", "litert", "torchscript"])
def test_other_formats_say_what_to_use(format, tmp_path):
    with pytest.raises(ValueError, match='expected "torch", "onnx" or "aoti".*Use|use'):
        export(network(), tmp_path / "model", format)


def test_slips_are_errors(tmp_path):
    model = network()
    with pytest.raises(ValueError, match='Did you mean "onnx"'):
        export(model, tmp_path / "model.onnx", "onxx")
    with pytest.raises(ValueError, match=r"ends in '.pt2'"):
        export(model, tmp_path / "model", "torch")
    with pytest.raises(ValueError, match="strict"):
        export(model, tmp_path / "model.pt2", "torch", stict=True)
    with pytest.raises(ValueError, match="opset_version alone"):
        export(model, tmp_path / "model.onnx", "onnx", opset=18)
    with pytest.raises(RuntimeError, match="Give inputs of your own"):
        export(Sequential([layers.Dense(2)]), tmp_path / "model.pt2")
    assert not list(tmp_path.iterdir())
