import keras as real
import pytest

import torchkeras as keras
from torchkeras.saving.object_parts import holds_values, parts_of, whole_tensor

layers = keras.layers


def below(thing):
    return parts_of(thing).below


def test_layers_of_a_model_are_counted_and_listed():
    first, last = layers.Dense(2), layers.Dense(1)
    model = keras.Sequential([keras.Input((2,)), first, layers.ReLU(), last])
    found = below(model)
    assert found["layer_with_weights-0"] is found["layer-0"] is first
    assert found["layer_with_weights-1"] is found["layer-2"] is last
    assert found["_functional"]["_operations"][3] is last  # the input comes first


def test_operations_take_numbers_of_their_own():
    x = keras.Input((2,))
    last = layers.Dense(1)
    model = keras.Model(x, last(layers.Dense(2)(x) * 2.0))
    assert below(model)["_operations"][3] is last
    assert below(model)["layer_with_weights-1"] is below(model)["layer-3"] is last


def masked(kind, keras):
    """A model whose masks are computed by calls in Keras 3."""
    layers = keras.layers
    x = keras.Input((4,))
    y = layers.Embedding(5, 4, mask_zero=True)(x)
    if kind == "merged":  # a mask that is merged and that nothing is handed
        y = layers.Concatenate()([y, layers.LSTM(4, return_sequences=True)(y)])
        y = layers.MultiHeadAttention(1, 2)(y, y)
    elif kind == "handed on":
        y = layers.TimeDistributed(layers.Dense(2))(layers.Add()([y, layers.Dense(4)(y)]))
    elif kind == "beside a state":  # for which Keras 3 hands on no mask
        _, *state = layers.LSTM(4, return_state=True)(y)
        y = layers.LSTM(4)(layers.Embedding(5, 4, mask_zero=True)(x), initial_state=state)
    else:
        y = layers.GlobalAveragePooling1D()(layers.Dropout(0.1)(y))
    return keras.Model(x, layers.Dense(1)(y))


@pytest.mark.parametrize("kind", ["merged", "handed on", "beside a state", "passed through"])
def test_operations_are_counted_as_in_keras_where_masks_are_calls(kind):
    theirs = masked(kind, real)
    known = {id(layer) for layer in theirs.layers}
    expected = {n: type(o).__name__ for n, o in enumerate(theirs._operations) if id(o) in known}
    found = below(masked(kind, keras))["_operations"]
    assert {n: type(layer).__name__ for n, layer in found.items()} == expected


def test_masks_are_counted_in_sequential_models_too():
    def model(keras):
        layers = keras.layers
        embedding = layers.Embedding(5, 4, mask_zero=True)
        return keras.Sequential([keras.Input((4,)), embedding, layers.LSTM(2), layers.Dense(1)])

    theirs = [type(each).__name__ for each in model(real)._functional._operations]
    found = below(model(keras))["_functional"]["_operations"]
    assert [theirs[n] for n in found] == ["Embedding", "LSTM", "Dense"]


def test_weights_have_the_names_of_both_generations():
    dense, depthwise = layers.Dense(2), layers.DepthwiseConv2D(2)
    dense.build((None, 2))
    depthwise.build((None, 4, 4, 2))
    assert below(dense)["kernel"] is below(dense)["_kernel"] is dense.kernel
    assert list(below(dense)) == ["kernel", "bias", "_kernel"]
    assert below(depthwise)["depthwise_kernel"] is below(depthwise)["kernel"]
    attention = layers.MultiHeadAttention(1, 2)
    attention.build((None, 3, 2), (None, 3, 2))
    assert below(attention)["_query_dense"] is attention.query_dense


def test_variables_of_ones_own_are_found_wherever_they_are():
    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(name="weight", shape=())
            self.listed = [self.add_weight(name="weight", shape=()) for _ in range(2)]
            self.sizes, self.nothing = [1, 2], {}
            self.hidden = {"deep": [{"here": layers.Dense(1)}]}

    layer = Own()
    found = below(layer)
    assert set(found) == {"scale", "weight", "listed", "hidden"}
    assert list(below(found["listed"])) == ["0", "1"]
    assert list(below(found["hidden"])) == ["deep"]
    layer.unnamed = layer.add_weight(name="scale", shape=())
    object.__getattribute__(layer, "__dict__").pop("unnamed")
    assert "scale_" in below(layer)


def test_metrics_have_the_names_of_their_attributes():
    assert list(below(keras.metrics.Mean())) == ["total", "count"]


def test_what_compile_keeps_is_no_part():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    before = set(below(model))
    model.compile("adam", "mse", metrics=["mae"])
    model.train_on_batch([[1.0, 2.0]], [[1.0]])
    assert set(below(model)) - before == {"optimizer"}


def test_values_are_those_of_keras_in_their_own_type():
    layer = layers.Conv2D(3, 2, dtype="bfloat16")
    layer.build((None, 4, 4, 2))
    (value,) = parts_of(layer.kernel).values.values()
    assert tuple(value().shape) == (2, 2, 2, 3)
    assert value().dtype == layer.kernel.parameter.dtype == whole_tensor(layer.kernel).dtype


def test_a_list_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    assert not holds_values(endless)
