"""Where data enters a model, beside Keras."""

import keras as real
import numpy as np
import pytest

import torchkeras as keras
from torchkeras.layers.input import InputLayer


@pytest.mark.parametrize(
    "options",
    [
        {"shape": (4,)}, {"shape": (None, 3), "batch_size": 2}, {"batch_shape": (None, 4)},
        {"shape": (4,), "dtype": "int32", "name": "ids"}, {"shape": [2]}, {"shape": ()},
        {"shape": (np.int64(5),)}, {"shape": (2,), "optional": True},
    ],
)  # fmt: skip
def test_symbols_are_those_of_keras(options):
    ours, theirs = keras.Input(**options), real.Input(**options)
    assert (ours.shape, ours.dtype) == (tuple(theirs.shape), theirs.dtype)
    mine, other = ours.call.operation, theirs._keras_history.operation
    assert mine.name == other.name
    config = other.get_config()
    assert {k: mine.get_config().get(k, config[k]) for k in config} == {
        k: tuple(v) if k == "batch_shape" else v for k, v in config.items()
    }


def test_older_spellings_are_taken():
    assert InputLayer(input_shape=(4,)).batch_shape == (None, 4)
    assert InputLayer(batch_input_shape=(2, 4)).batch_size == 2
    assert keras.Input(4).shape == (None, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "You must pass a `shape`"),
        ({"shape": (2,), "batch_shape": (1, 2)}, "both `shape` and"),
        ({"shape": (2,), "sparse": True, "ragged": True}, "sparse is True"),
        ({"shape": "abc"}, "Cannot convert"),
        ({"shape": (-2,)}, "sizes of 0 or more"),
        ({"shape": (2,), "dtype": "flaot32"}, "Did you mean"),
    ],
)
def test_mistakes_are_explained(options, message):
    with pytest.raises(ValueError, match=message):
        keras.Input(**options)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="Unrecognized keyword arguments"):
        keras.Input((2,), colour="red")


def test_a_given_symbol_is_used():
    x = keras.Input((4,))
    y = keras.Input(tensor=x * 2)
    assert y.shape == (None, 4)


def test_a_layer_stands_for_the_symbol_it_is_given():
    x = keras.Input((4,), dtype="int32")
    layer = InputLayer(input_tensor=x)
    assert layer.output is x
    assert (layer.batch_shape, layer.dtype) == ((None, 4), "int32")


def test_shape_and_type_are_taken_from_a_description():
    class Spec:
        shape, dtype = (2, 3), "int64"

    layer = InputLayer(type_spec=Spec())
    assert (layer.batch_shape, layer.dtype) == ((2, 3), "int64")
    assert InputLayer(type_spec=Spec(), dtype="float32").dtype == "float32"


@pytest.mark.parametrize("word", ["sparse", "ragged"])
def test_symbols_and_configurations_keep_what_kind_of_tensor_is_meant(word):
    layer = InputLayer((4,), **{word: True})
    assert getattr(layer.output, word)
    assert layer.get_config()[word]
    assert not getattr(InputLayer((4,)).output, word)


def test_nothing_may_be_fed_where_an_input_is_optional():
    class Shift(keras.layers.Layer):
        def call(self, x, shift=None):
            return x if shift is None else x + shift

        def compute_output_shape(self, x_shape, shift_shape=None):
            return x_shape

    for is_optional in (True, False):
        inputs = [keras.Input((2,)), keras.Input((2,), optional=is_optional)]
        model = keras.Model(inputs, Shift()(*inputs))
        assert model([np.ones((1, 2)), np.ones((1, 2))]).tolist() == [[2.0, 2.0]]
        if is_optional:
            assert model([np.ones((1, 2)), None]).tolist() == [[1.0, 1.0]]
        else:
            with pytest.raises(ValueError, match="None"):
                model([np.ones((1, 2)), None])


def test_the_layer_gives_back_what_it_is_called_with():
    x = keras.Input((4,))
    assert InputLayer((4,))(x) is not None
    again = InputLayer.from_config(InputLayer((4,), name="a").get_config())
    assert again.name == "a"
    assert again.input is again.output
