"""Models written as PyTorch source."""

import ast
import importlib.util
import re
import subprocess
import sys

import contract
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import fx, nn

from torchkeras import Input, Model, Sequential, from_torch, layers, ops, random
from torchkeras.core import nested
from torchkeras.export.ejection import eject

ROWS = {str(row): row for row in contract.TABLE if not row.eager}
# One of each kind; the others are marked slow.
QUICK = [
    "Dense(units=3, activation=relu)",
    "Conv2D(filters=4, kernel_size=(2, 3), padding=same, groups=2)",
    "Conv2DTranspose(filters=3, kernel_size=3, strides=2, padding=same, activation=relu)",
    "SeparableConv2D(filters=3, kernel_size=3, activation=relu)",
    "BatchNormalization(momentum=0.7)",
    "LayerNormalization()",
    "LSTM(units=3, activation=relu, recurrent_activation=hard_sigmoid)",
    "GRU(units=3, reset_after=False, return_state=True)",
    "ConvLSTM2D(filters=2, kernel_size=2, dropout=0.3, recurrent_dropout=0.3)",
    "Attention(dropout=0.4)",
    "SpatialDropout1D(rate=0.4)",
    "Discretization(bin_boundaries=[-0.5, 0.0, 0.25, 1.0], output_mode=count)",
]


def imported(folder, name="model"):
    """A module written in ``folder``."""
    spec = importlib.util.spec_from_file_location(f"written_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source_of(model, folder, **options):
    return (eject(model, folder, **options) / "model.py").read_text()


def check_row(row, folder):
    layer, x = row.layer(), row.tensors()
    layer(x, training=False)
    inputs = [t.detach().numpy() for t in x] if isinstance(x, list) else x.detach().numpy()
    text = source_of(layer, folder, inputs=inputs)
    assert "torchkeras." not in text
    assert "import torchkeras" not in text
    written = imported(folder).load()
    assert not written.training
    more = [torch.cat([part, part]).detach() for part in (x if isinstance(x, list) else [x])]
    for training in (False, True):
        written.train(training)
        found = nested.flatten(written(*more))
        if row.random and training:
            continue
        wanted = nested.flatten(layer(more if isinstance(x, list) else more[0], training=training))
        for mine, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine, other, equal_nan=True)


@pytest.mark.parametrize("name", QUICK)
def test_a_layer_of_each_kind_computes_the_same(name, tmp_path):
    check_row(ROWS[name], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ROWS if name not in QUICK])
def test_every_layer_computes_the_same(name, tmp_path):
    check_row(ROWS[name], tmp_path)


def residual_network():
    image = Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, padding="same", name="deep")(x))
    x = layers.ReLU(name="rectified")(layers.add([x, y]))
    x = layers.Dropout(0.3, name="dropped")(layers.GlobalAveragePooling2D(name="mean")(x))
    return Model(image, layers.Dense(2, activation="softmax", name="classes")(x), name="residual")


def test_a_model_reads_as_a_person_would_write_it(tmp_path):
    text = source_of(residual_network(), tmp_path)
    begin, end = text.index("class Residual"), text.index("def load")
    assert (
        text[begin:end].strip()
        == '''
class Residual(nn.Module):
    """The model."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.deep = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = BatchNorm(4, axis=1)
        self.dropped = nn.Dropout(0.3)
        self.classes = nn.Linear(4, 2)

    def forward(self, image: Tensor):
        x = torch.relu(self.stem(image.permute(0, 3, 1, 2)))
        x = torch.relu(x + self.norm(self.deep(x)))
        x = self.dropped(x.mean((2, 3)))
        return torch.softmax(self.classes(x), -1)
'''.strip()
    )


def test_its_test_passes_without_torchkeras_and_fails_with_a_wrong_weight(tmp_path):
    folder = eject(residual_network(), tmp_path / "out")
    weights = load_file(folder / "model.safetensors")
    save_file({name: weight + 1 for name, weight in weights.items()}, folder / "wrong")
    code = (
        "import os, sys; sys.modules['torchkeras'] = None; sys.path.insert(0, ''); "
        "import test_model; test_model.test_predictions_are_those_recorded(); "
        "os.replace('wrong', 'model.safetensors'); "
        "test_model.test_predictions_are_those_recorded()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert not (folder / "wrong").exists()
    assert "AssertionError: Tensor-likes are not close!" in done.stderr


def test_sparse_outputs_are_recorded_without_gaps(tmp_path, monkeypatch):
    words = layers.Embedding(6, 4, sparse=True, name="words")
    folder = eject(Sequential([Input((5,), dtype="int32"), words]), tmp_path)
    assert ").to_sparse()\n" in (folder / "model.py").read_text()
    monkeypatch.setitem(sys.modules, "model", imported(folder))
    imported(folder, "test_model").test_predictions_are_those_recorded()


def test_what_has_a_name_in_torchkeras_nn_is_called_by_it(tmp_path):
    image, kind = Input((8, 8, 3), name="image"), Input((1,), dtype="int64", name="kind")
    turned = layers.RandomRotation(0.1, name="turned")(image)
    hashed = layers.Hashing(4, salt=7, name="hashed")(kind)
    model = Model([image, kind], [turned, hashed])
    text = source_of(model, tmp_path)
    assert re.search(r"= siphash64\(.*\n.*\bbucket\(", text)
    assert "return project(data, x, 1, " in text
    assert len(text.split("def load")[0].splitlines()) < 60
    found = imported(tmp_path).load().train()
    images, kinds = torch.rand(2, 8, 8, 3), torch.tensor([[3], [-12345]])
    assert torch.equal(found(images, kinds)[1], model([images, kinds])[1])
    assert found(images, kinds)[0].shape == images.shape


def test_no_variable_has_the_name_of_a_function_that_is_called(tmp_path):
    kind = Input((1,), dtype="int64", name="bucket")
    hashed = layers.Hashing(4, name="decimals")(kind)
    model = Model(kind, [hashed, hashed + 1])
    source_of(model, tmp_path)
    found = imported(tmp_path).load()(torch.tensor([[3], [-12345]]))
    assert torch.equal(found[0], model(torch.tensor([[3], [-12345]]))[0])


class Noisy(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.seed = random.SeedGenerator(3)

    def call(self, x):
        return x + random.normal(x.shape, seed=self.seed)


def test_what_is_drawn_in_inference_is_compared_by_shape_and_the_rest_by_numbers(
    tmp_path, monkeypatch
):
    inputs = Input((4,), batch_size=2)
    model = Model(inputs, [Noisy()(inputs), layers.Dense(2)(inputs)])
    eject(model, tmp_path)
    assert "if number in {0}:" in (tmp_path / "test_model.py").read_text()
    monkeypatch.setitem(sys.modules, "model", imported(tmp_path))
    imported(tmp_path, "test_model").test_predictions_are_those_recorded()


def test_layers_that_go_on_from_a_state_stay_where_they_are(tmp_path):
    inputs = Input((4, 3), batch_size=2)
    model = Model(inputs, layers.LSTM(3, stateful=True)(inputs))
    x = np.ones((2, 4, 3), "float32")
    model.predict(x, verbose=0)
    eject(model, tmp_path, inputs=x)
    net = imported(tmp_path).load()
    recorded = load_file(tmp_path / "predictions.safetensors")["output:0"]
    np.testing.assert_allclose(net(torch.from_numpy(x)).detach(), recorded, atol=1e-6)
    net = imported(tmp_path).load()
    np.testing.assert_allclose(net(torch.from_numpy(x)).detach(), model(x).detach(), atol=1e-6)


def test_a_check_that_fails_is_an_error(tmp_path, monkeypatch):
    from torchkeras.export import ejection as room

    failed = subprocess.CompletedProcess([], 1, "", "Tensor-likes are not close!")
    monkeypatch.setattr(room.subprocess, "run", lambda *args, **options: failed)
    monkeypatch.setattr(room, "laid_out", str)
    with pytest.raises(RuntimeError, match="doesn't give the predictions(.|\n)*not close"):
        eject(Sequential([Input((3,)), layers.Dense(2)]), tmp_path, check=True)


def test_the_files_are_as_ruff_wants_them(tmp_path):
    pytest.importorskip("ruff")
    inputs = Input((None, 4))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Masking()(inputs))
    x = layers.MultiHeadAttention(2, 3)(x, x)
    eject(Model(inputs, layers.Dense(2, "gelu")(x)), tmp_path)
    for command in (["check"], ["format", "--check", "--line-length=100"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--isolated", "."],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_models_within_models_and_shared_ones_are_classes(tmp_path):
    given = Input((3,))
    shared = layers.Dense(3, name="a")(given)
    inner = Model(given, shared + layers.Dense(3, name="b")(shared), name="twin")
    first, second = Input((3,), name="first"), Input((3,), name="second")
    model = Model([first, second], inner(first) - inner(second), name="siamese")
    text = source_of(model, tmp_path)
    assert "self.twin = Twin()" in text
    assert text.count("class Twin(nn.Module)") == 1
    assert "def forward(self, first: Tensor, second: Tensor)" in text
    x = [np.ones((2, 3), "float32"), np.zeros((2, 3), "float32")]
    written = imported(tmp_path).load()
    np.testing.assert_allclose(
        written(*map(torch.tensor, x)).detach(), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
    assert set(written.state_dict()) == {f"twin.{k}.{p}" for k in "ab" for p in ("weight", "bias")}


def test_blocks_that_read_alike_share_a_class(tmp_path):
    inputs = Input((5, 8))
    x = inputs
    for _ in range(3):
        x = x + layers.MultiHeadAttention(2, 4)(x, x)
    text = source_of(Model(inputs, x), tmp_path)
    assert text.count("class MultiHeadAttention") == 1
    assert text.count("= MultiHeadAttention()") == 3


def test_outputs_keep_their_structure(tmp_path):
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model(
        {"a": a, "b": b}, {"sum": layers.Dense(1)(a) + layers.Dense(1)(b), "a": [a * 2.0]}
    )
    eject(model, tmp_path)
    found = imported(tmp_path).load()(a=torch.ones(4, 2), b=torch.ones(4, 3))
    assert found.keys() == {"sum", "a"}
    torch.testing.assert_close(found["a"][0], torch.full((4, 2), 2.0))


def test_inputs_by_name_are_recorded_under_their_names(tmp_path):
    wide, deep = Input((5,), name="wide"), Input((6,), name="deep")
    x = layers.concatenate([wide, layers.Dense(3)(deep)])
    eject(Model({"wide": wide, "deep": deep}, layers.Dense(1)(x)), tmp_path)
    recorded = load_file(tmp_path / "predictions.safetensors")
    assert (recorded["wide"].shape[1], recorded["deep"].shape[1]) == (5, 6)
    found = imported(tmp_path).load()(wide=recorded["wide"], deep=recorded["deep"])
    torch.testing.assert_close(found, recorded["output:0"])


def test_masks_are_handed_over(tmp_path):
    ids = Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    x = layers.LSTM(3, return_sequences=True)(x)
    model = Model(ids, layers.GlobalAveragePooling1D()(layers.GRU(3, return_sequences=True)(x)))
    assert ".to(torch.float32)" not in source_of(model, tmp_path)
    x = torch.tensor([[1, 2, 0, 0, 0, 0], [3, 0, 4, 5, 6, 0]], dtype=torch.int32)
    torch.testing.assert_close(imported(tmp_path).load()(x), model(x))


def test_statistics_move_as_in_the_model(tmp_path):
    model = residual_network()
    eject(model, tmp_path)
    written = imported(tmp_path).load().train()
    x = torch.randn(4, 8, 8, 3)
    model(x, training=True)
    written(x)
    torch.testing.assert_close(written.norm.running_mean, model.get_layer("norm").moving_mean.value)


def test_tied_and_frozen_weights_stay_so(tmp_path):
    class Tied(layers.Layer):
        def __init__(self, table, **options):
            super().__init__(**options)
            self.table = table

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.table.embeddings))

    table = layers.Embedding(7, 4, name="table")
    ids = Input((3,), dtype="int32")
    model = Model(ids, Tied(table)(layers.Dense(4, trainable=False, name="dense")(table(ids))))
    text = source_of(model, tmp_path)
    assert "self.table.weight" in text
    written = imported(tmp_path).load()
    assert [n for n, p in written.named_parameters() if p.requires_grad] == ["table.weight"]


def test_a_subclassed_model_is_written_as_it_ran(tmp_path):
    class Classifier(Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(4, name="hidden")
            self.drop = layers.Dropout(0.5, name="drop")
            self.out = layers.Dense(2, name="out")

        def call(self, x, training=False):
            x = torch.relu(self.hidden(x))
            return self.out(self.drop(x, training=training))

    model = Classifier()
    model(torch.zeros(2, 3))
    text = source_of(model, tmp_path)
    assert "class Classifier(nn.Module)" in text
    assert "x = torch.relu(self.hidden(x))" in text
    assert "return self.out(self.drop(x))" in text


def test_numbers_that_differ_in_training_stand_beside_each_other(tmp_path):
    inputs = Input((5, 4))
    model = Model(inputs, layers.Attention(dropout=0.25)([inputs, inputs]))
    assert "0.25 if self.training else 0.0" in source_of(model, tmp_path)


HOSTILE = 'x"); import os; os.system("touch stolen") #'
HOSTILE_LINES = 'a"""\nimport os; os.system("touch stolen")\n"""'


@pytest.mark.parametrize(
    "name",
    [HOSTILE, HOSTILE_LINES, "import", "forward", "append", "__class__", "é ü", "0", "print"],
)
def test_names_never_become_code(name, tmp_path):
    inputs = Input((4,), name=f"{name}0")
    inner = Sequential([Input((4,)), layers.Dense(3, name=name), layers.Dense(3)], name=name)
    model = Model(
        {name: inputs}, {name: layers.Dense(2, name=f"{name}2")(inner(inputs))}, name=name
    )
    text = source_of(model, tmp_path)
    assert not (tmp_path / "stolen").exists()
    tree = ast.parse(text)
    called = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert "os" not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert "system" not in called | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert imported(tmp_path).load()(torch.zeros(2, 4)).keys() == {name}


def test_texts_are_an_error_whose_hint_works(tmp_path):
    words = layers.TextVectorization(output_sequence_length=4, vocabulary=["a", "b"], name="words")
    text, age = Input((1,), dtype="string", name="text"), Input((2,), name="age")
    x = layers.Flatten()(layers.Embedding(4, 2)(words(text)))
    model = Model([text, age], layers.Dense(1)(layers.concatenate([x, age])), name="whole")
    for leave in (lambda: eject(model, tmp_path), model.to_torch):
        with pytest.raises(ValueError, match=r'go into TextVectorization "words"\. Take') as caught:
            leave()
    assert not list(tmp_path.iterdir())
    hint = str(caught.value).partition("behind: keras.")[2].partition(";")[0]
    rest = eval(hint, {"Model": Model, "model": model})
    eject(rest, tmp_path)
    given, ages = np.array([["a b"], ["b z"]]), torch.randn(2, 2)
    found = imported(tmp_path).load()(words(given), ages)
    torch.testing.assert_close(found, model([given, ages]))


def test_texts_that_a_subclass_takes_are_found_in_its_examples(tmp_path):
    class Looks(Model):
        def __init__(self):
            super().__init__()
            self.look = layers.StringLookup(vocabulary=["x"], name="look")

        def call(self, x):
            return self.look(x) * 2

    model = Looks()
    model(np.array([["x"]]))
    with pytest.raises(ValueError, match='StringLookup "look"'):
        eject(model, tmp_path, inputs=np.array([["x"]]))


def test_modules_of_others_are_an_error_that_names_them(tmp_path):
    class Strange(nn.Module):
        def forward(self, x):
            return x.sin()

    model = Sequential([Input((3,)), layers.TorchModuleWrapper(Strange(), name="odd")])
    with pytest.raises(ValueError, match=r'TorchModuleWrapper "odd" can\'t be written.*Strange'):
        eject(model, tmp_path)


def test_an_unbuilt_model_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="isn't built"):
        eject(Sequential([layers.Dense(2)]), tmp_path)


def test_what_is_no_layer_is_an_error(tmp_path):
    with pytest.raises(TypeError, match="expected a layer or model"):
        eject(nn.Linear(2, 2), tmp_path)


def test_files_are_kept_if_asked_for(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(2)])
    eject(model, tmp_path)
    with pytest.raises(FileExistsError, match="exists already"):
        eject(model, tmp_path, overwrite=False)


def test_what_was_ejected_trains_in_fit_again(tmp_path):
    eject(residual_network(), tmp_path)
    module = imported(tmp_path).load()
    model = from_torch(module, input_shape=(8, 8, 3))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.ones((4, 8, 8, 3)), np.ones(4), verbose=0)
    changed = {name for name, value in module.state_dict().items() if (value != before[name]).any()}
    assert {"stem.weight", "norm.running_mean", "classes.bias"} <= changed


def test_it_may_be_traced_by_torch(tmp_path):
    class Leaves(fx.Tracer):
        def is_leaf_module(self, module, name):
            return not list(module.children()) or super().is_leaf_module(module, name)

    eject(residual_network(), tmp_path)
    module, x = imported(tmp_path).load(), torch.randn(2, 8, 8, 3)
    found = fx.GraphModule(module, Leaves().trace(module))(x)
    torch.testing.assert_close(found, module(x))


def test_the_weights_are_those_of_the_model(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(2, name="out")])
    eject(model, tmp_path)
    found = load_file(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(found["out.weight"].T, model.get_layer("out").kernel.numpy())
