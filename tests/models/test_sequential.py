import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


def test_it_is_built_at_once_if_the_input_is_known():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    assert model.built
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize(
    "options", [{"input_shape": (4,)}, {"input_dim": 4}, {"batch_input_shape": (None, 4)}]
)
def test_the_first_layer_may_say_the_shape(options):
    model = keras.Sequential([layers.Dense(3, **options), layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 4)


def test_otherwise_it_is_built_at_the_first_call():
    model = keras.Sequential()
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert not model.built
    assert model.weights == []
    assert model(np.ones((5, 4), "float32")).shape == (5, 2)
    assert model.built
    assert model.input_shape == (None, 4)
    assert len(model.weights) == 4


def test_batches_may_be_as_long_as_they_like():
    model = keras.Sequential([
        layers.Embedding(9, 4), layers.GlobalAveragePooling1D(), layers.Dense(1)
    ])  # fmt: skip
    model.compile("sgd", "mse")
    batches = [(np.ones((2, n), "int32"), np.ones((2, 1))) for n in (5, 7, 3)]
    model.fit(iter(batches), steps_per_epoch=3, verbose=0)
    assert model.predict(np.ones((2, 8), "int32"), verbose=0).shape == (2, 1)
    pictures = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()
    ])  # fmt: skip
    assert pictures(np.ones((1, 9, 10, 3), "float32")).shape == (1, 2)
    with pytest.raises(ValueError, match="expected axis -1"):
        keras.Sequential([keras.Input((8,)), layers.Dense(2)])(np.ones((2, 9), "float32"))


def test_layers_come_and_go():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    top = model.pop()
    assert model.output_shape == (None, 3)
    assert model(torch.ones(1, 4)).shape == (1, 3)
    model.add(layers.Dense(7))
    assert model.output_shape == (None, 7)
    assert top not in model.layers
    assert len(list(model.parameters())) == 4
    with pytest.raises(RuntimeError, match="no layer to take off"):
        keras.Sequential().pop()


def test_it_lists_the_layers_of_keras_in_paths_and_order():
    def build(k):
        return k.Sequential([k.Input((4,)), k.layers.Dense(3), k.layers.Dropout(0.1)], name="m")

    ours, theirs = build(keras), build(real)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]


def test_weights_made_at_the_first_call_are_named_as_in_keras():
    def build(k, x):
        model = k.Sequential([k.layers.Dense(3)], name="m")
        model(x)
        return [v.path for v in model.weights]

    x = np.ones((1, 4), "float32")
    assert build(keras, x) == build(real, x)


@pytest.mark.parametrize("deferred", [False, True])
def test_keras_reads_the_configuration_and_we_read_its(deferred):
    def build(k):
        first = [] if deferred else [k.Input((4,))]
        model = k.Sequential([*first, k.layers.Dense(3, activation="relu"), k.layers.Dense(2)])
        model.build((None, 4))
        return model

    ours, theirs = build(keras), build(real)
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    for model in (
        real.Sequential.from_config(ours.get_config()),
        keras.Sequential.from_config(theirs.get_config()),
    ):
        model.set_weights(theirs.get_weights())
        np.testing.assert_allclose(
            model(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-5, atol=1e-6
        )


def test_models_and_torch_modules_are_layers_too():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model = keras.Sequential([inner, torch.nn.ReLU(), torch.nn.Linear(3, 2)])
    assert model.input_shape == (None, 4)
    assert model(torch.ones(2, 4)).shape == (2, 2)
    assert len(model.trainable_weights) == 4


def test_masks_go_from_layer_to_layer():
    def build(k):
        return k.Sequential(
            [k.layers.Embedding(5, 3, mask_zero=True), k.layers.LSTM(4), k.layers.Dense(2)]
        )

    ours, theirs = build(keras), build(real)
    x = np.array([[1, 2, 0, 0], [3, 0, 1, 0]], "int32")
    theirs(x)
    ours(x)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(
        ours(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: keras.Sequential([3]), TypeError, "Only instances of `keras.Layer`"),
        (lambda: keras.Sequential([[layers.Dense(2)]]), TypeError, "Only instances"),
        (
            lambda: keras.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]),
            ValueError,
            "unique names",
        ),
        (lambda: keras.Sequential([layers.Dense(2), keras.Input((2,))]), ValueError, "first"),
        (
            lambda: keras.Sequential([keras.Input((2,)), keras.Input((2,))]),
            ValueError,
            "already been configured",
        ),
        (lambda: keras.Sequential().build((1, 2)), ValueError, "has no layers"),
        (
            lambda: keras.Sequential([keras.Input((2,)), layers.LSTM(2)]),
            ValueError,
            "expected ndim=3, found ndim=2",
        ),
    ],
)
def test_mistakes_are_explained(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_old_spellings_work():
    assert keras.Sequential([layers.Dense(2)], "mine").name == "mine"
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")])
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    classes = model.predict_classes(x)
    np.testing.assert_array_equal(classes, model.predict_proba(x).argmax(-1))


def test_output_shapes_can_be_asked_for_without_building():
    assert keras.Sequential([layers.Dense(3), layers.Dense(2)]).compute_output_shape((None, 4)) == (
        None,
        2,
    )


def test_a_frozen_model_has_no_trainable_weights():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)], trainable=False)
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == 2


class Counted(layers.Layer):
    """Looks up integers, and says nothing of shapes."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(5, 3)

    def call(self, inputs, training=None):
        return self.table(inputs)


def test_the_symbolic_output_has_its_layers_number_types():
    model = keras.Sequential([layers.Input((2,), dtype="int32"), Counted()])
    for training in (None, True):
        y = model.compute_output_spec(inputs=keras.KerasTensor((4, 2), "int32"), training=training)
        assert (y.shape, y.dtype) == ((4, 2, 3), "float32")
    model.add(layers.Lambda(lambda x: x > 0))
    model.compile("sgd", "mse")
    assert model.compute_output_spec(keras.KerasTensor((None, 2), "int32")).dtype == "bool"
    model = keras.Sequential([layers.Dense(2, dtype="float16"), layers.Dropout(0.5)])
    assert model.compute_output_spec(keras.KerasTensor((None, 4))).shape == (None, 2)


@pytest.mark.parametrize("make", ["constructor", "configuration"])
def test_many_layers_are_registered_once(monkeypatch, make):
    model = keras.Sequential([keras.Input((2,)), *(keras.layers.ReLU() for _ in range(20))])
    registered = []
    hold = keras.Sequential._hold
    monkeypatch.setattr(
        keras.Sequential, "_hold", lambda self, found: (registered.append(found), hold(self, found))
    )
    if make == "constructor":
        made = keras.Sequential(model.layers)
    else:
        made = keras.Sequential.from_config(model.get_config())
    assert len(made.layers) == len(made._modules) == 20
    assert len(registered) <= 2
