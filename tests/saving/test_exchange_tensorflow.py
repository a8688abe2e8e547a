"""What is written here Keras opens on TensorFlow: every layer, and training that goes on."""

import json

import contract
import numpy as np
import pytest
import torch
from oracle import output_of
from parity import as_leaves
from saving import on_tensorflow
from saving.test_exchange import OPTIMIZERS, TRAINING, X, Y, trained

import torchkeras

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:`build..` was called")]

# Why Keras on TensorFlow can't open or run these, or differs from its other backends.
KNOWN = {
    "ThresholdedReLU(theta=0.5)": "Keras 3 has no such layer",
    "LocallyConnected": "Keras 3 has no such layer",
    "Attention(causal=True)": "an argument of tf.keras 2",
    "HashedCrossing(num_bins=5, output_mode=one_hot)": "Keras takes two features",
    "Equalization": "Keras takes its own graph for a cycle",
    "AutoContrast(value_range=(0, 1), data_format=channels_first)": "the last axis is the channels",
    "SeparableConv1D(filters=3, kernel_size=2, padding=causal)": "Keras 3 doesn't take it",
    "AdaptiveMaxPooling3D": "ends the process",
    "Conv2D(filters=4, kernel_size=2, padding=same, data_format=channels_first)": "the bias of a "
    "convolution is added along the last axis if that has the length of the channels",
}
ROWS = {str(row): row for row in contract.TABLE if not str(row).startswith(tuple(KNOWN))}


def layer_case(row):
    x = row.symbols()
    model = torchkeras.Model(x, row.layer()(x, **row.options))
    generator = np.random.default_rng(7)
    for weight in model.weights:
        if weight.dtype == "float32":
            value = generator.normal(size=tuple(weight.shape)) * 0.5
            is_positive = "variance" in weight.name or "stddev" in weight.name
            weight.assign(np.abs(value) + 0.3 if is_positive else value)
    arrays = row.inputs() if isinstance(row.shape, list) else [row.inputs()]
    tensors = [a if a.dtype == object else torch.tensor(a) for a in arrays]
    with torch.no_grad():
        outputs = as_leaves(model(tensors if isinstance(row.shape, list) else tensors[0]))
    outputs = [y.numpy() if torch.is_tensor(y) else np.asarray(y).astype(str) for y in outputs]
    given = {f"x{n}": a.astype(str) if a.dtype == object else a for n, a in enumerate(arrays)}
    return model, given, outputs


def training_case(name):
    model = trained(torchkeras, name)
    return model, {"x0": X, "y": Y}, [model.predict(X, verbose=0)]


# What is adapted, whose vocabulary Keras itself leaves out of .h5.
ADAPTED = [
    (name, mode)
    for name in ("StringLookup", "IntegerLookup", "TextVectorization")
    for mode in ("int", "tf_idf")
]


def adapted_case(subject):
    name, mode = subject
    of_numbers = name == "IntegerLookup"
    tokens = np.array([[7], [7], [5]] if of_numbers else [["a b"], ["a b"], ["c"]])
    layer = getattr(torchkeras.layers, name)(output_mode=mode, max_tokens=9)
    layer.adapt(tokens)
    inputs = torchkeras.Input((1,), dtype="int64" if of_numbers else "string")
    model = torchkeras.Model(inputs, layer(inputs))
    return model, {"x0": tokens}, [model(tokens).numpy()]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """By the name of a case: what was given here, and what it is on TensorFlow."""
    folder = tmp_path_factory.mktemp("exchange")
    cases = {name: (layer_case, row) for name, row in ROWS.items()}
    cases |= {name: (training_case, name) for name in OPTIMIZERS}
    cases |= {case: (adapted_case, case) for case in ADAPTED}
    expected = {}
    for number, (name, (make, subject)) in enumerate(cases.items()):
        model, given, outputs = make(subject)
        model.save(folder / f"{number}.{'h5' if make is adapted_case else 'keras'}")
        np.savez(folder / f"{number}.npz", **given)
        history = model.fit(X, Y, **TRAINING).history if "y" in given else {}
        expected[name] = (str(number), outputs, history)
    output_of(on_tensorflow.__file__, folder, KERAS_BACKEND="tensorflow")
    told = json.loads((folder / "answers.json").read_text())
    found = {}
    for name, (number, outputs, history) in expected.items():
        file = folder / f"{number}.answers.npz"
        arrays = list(np.load(file).values()) if file.exists() else []
        found[name] = (outputs, history, arrays, told[number])
    return found


def compare(outputs, history, arrays, told):
    assert "error" not in told, told
    for mine, theirs in zip(outputs, arrays, strict=True):
        if mine.dtype.kind == "U":
            assert np.array_equal(mine, theirs)
        else:
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    assert set(history) == set(told["history"])
    for name, values in history.items():
        np.testing.assert_allclose(told["history"][name], values, rtol=2e-4)


@pytest.mark.parametrize("name", list(ROWS))
def test_layers_give_the_same_on_tensorflow(name, answers):
    compare(*answers[name])


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_training_goes_on_on_tensorflow(name, answers):
    compare(*answers[name])


@pytest.mark.parametrize("case", ADAPTED, ids="-".join)
def test_adapted_layers_give_the_same_from_h5_on_tensorflow(case, answers):
    compare(*answers[case])
