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
