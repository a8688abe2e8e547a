import keras as real
import pytest
import torch

import torchkeras as keras


class Elsewhere(keras.layers.Layer):
    """Masks by a function that Keras has no operation for."""

    def call(self, x):
        return x + 1

    def compute_mask(self, x, mask=None):
        return torch.special.i1(x).amax(-1) > 0


def test_masks_that_keras_has_no_words_for_are_left_to_the_layers(tmp_path):
    inputs = keras.Input((5, 2))
    joined = keras.layers.Concatenate()([Elsewhere()(inputs), inputs])
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(joined))
    assert len(model.get_config()["layers"]) == 4
    model.save(tmp_path / "m.keras")
    copied = keras.models.load_model(tmp_path / "m.keras", {"Elsewhere": Elsewhere})
    x = torch.rand(2, 5, 2)
    assert torch.equal(copied(x), model(x))


def test_operations_have_no_name_of_a_layer():
    inputs = keras.Input((2,), name="add_1")
    x = keras.layers.Dense(2, name="add")(inputs)
    config = keras.Model(inputs, x + x + 1.0).get_config()
    assert [entry["name"] for entry in config["layers"]] == ["add_1", "add", "add_2", "add_3"]


def test_operations_keep_the_names_that_they_have_in_a_file():
    def made(library):
        inputs = library.Input((2,))
        for _ in range(3):  # names count on, whatever becomes of the results
            x = library.ops.relu(inputs * 2.0)
        model = library.Model(inputs, [x, library.layers.Dense(2, name="head")(x)])
        model.compile("sgd", {model.output_names[0]: "mae", "head": "mse"})
        return model

    theirs = made(real)
    copy = keras.models.model_from_json(theirs.to_json())
    assert copy.output_names == theirs.output_names == ["relu_2", "head"]
    names = [entry["name"] for entry in copy.get_config()["layers"]]
    assert names[1:] == ["multiply_2", "relu_2", "head"]
    x, y = torch.ones(2, 2), [torch.zeros(2, 2)] * 2
    logs = copy.train_on_batch(x, y, return_dict=True)
    assert sorted(logs) == ["head_loss", "loss", "relu_2_loss"]
    assert made(keras).output_names == ["relu", "head"]


def test_outputs_in_a_list_within_a_dict_have_the_names_of_their_layers():
    def keys(library):
        inputs = library.Input((2,))
        made = [library.layers.Dense(1, name=name)(inputs) for name in "abc"]
        model = library.Model(inputs, {"first": made[0], "rest": made[1:]})
        model.compile("sgd", "mse")
        y = {"first": torch.zeros(2, 1), "rest": [torch.zeros(2, 1)] * 2}
        return set(model.train_on_batch(torch.ones(2, 2), y, return_dict=True))

    assert keys(keras) == keys(real) == {"loss", "first_loss", "rest/b_loss", "rest/c_loss"}


def test_outputs_have_the_names_of_their_layers_and_repeated_ones_numbers_of_their_own():
    a, b = keras.Input((2,)), keras.Input((2,))
    one, two = keras.layers.Dense(1, name="head"), keras.layers.Dense(1, name="head_1")
    assert keras.Model(a, [two(a), one(a)]).output_names == ["head_1", "head"]
    model = keras.Model([a, b], [one(a), two(a), one(b)])
    assert model.output_names == ["head", "head_1", "head_2"]


def own(library):
    """A layer of the user's that infers unless told to train."""

    class Doubling(library.layers.Layer):
        def call(self, x, training=False):
            return 2 * x if training else x

    return Doubling()


BY_MODE = {
    "dropout": lambda library: library.layers.Dropout(0.5),
    "noise": lambda library: library.layers.GaussianNoise(1.0),
    "recurrent": lambda library: library.layers.SimpleRNN(20, dropout=0.5),
    "own": own,
}


def called(library, make, **mode):
    inputs = library.Input((3, 20))
    return library.Model(inputs, make(library)(inputs, **mode))


def read(library, text, make):
    return library.models.model_from_json(text, {"Doubling": type(make(library))})


def tells_modes_apart(model):
    x = torch.ones(4, 3, 20)
    return not torch.equal(model(x, training=True), model(x, training=False))


@pytest.mark.parametrize("make", BY_MODE.values(), ids=BY_MODE)
def test_a_default_that_keras_notes_at_each_call_does_not_settle_the_mode(make):
    model = called(real, make)
    assert '"training": false' in model.to_json()
    copy = read(keras, model.to_json(), make)
    assert tells_modes_apart(copy)
    assert tells_modes_apart(read(real, copy.to_json(), make))


@pytest.mark.parametrize("make", BY_MODE.values(), ids=BY_MODE)
@pytest.mark.parametrize("mode", [False, True])
def test_a_mode_that_was_given_comes_back(make, mode):
    model = called(keras, make, training=mode)
    copy = read(keras, model.to_json(), make)
    kwargs = copy.outputs[0].call.kwargs
    assert kwargs["training"] is mode
    assert read(real, model.to_json(), make).output_shape == model.output_shape
