"""Layers in a row as one layer, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from parity import compare, recipe
from scenes import agree, scene

import torchkeras
from torchkeras import layers


@recipe
def varied(package):
    made = package.layers
    return [
        made.RandomFlip(seed=1, bounding_box_format="xyxy"),
        made.RandomTranslation(0.3, 0.2, seed=2, bounding_box_format="xyxy"),
        made.Resizing(6, 7, bounding_box_format="xyxy"),
    ]


def test_dicts_pass_all_layers_as_in_keras():
    ours, theirs = [package.layers.Pipeline(varied(package)) for package in (torchkeras, keras)]
    for training in (True, True, False):
        agree(ours(scene(), training=training), theirs(scene(), training=training))


@pytest.mark.parametrize("training", [False, True])
def test_weights_and_masks_are_keras_ones(training):
    @recipe
    def inner(package):
        return [package.layers.Dense(3), package.layers.GlobalAveragePooling1D()]

    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    compare("Pipeline", {"layers": inner}, x, training=training)


def test_an_explicit_mask_reaches_the_first_layer():
    x, mask = torch.rand(2, 4, 3), torch.tensor([[True, True, False, False]] * 2)
    pipeline = layers.Pipeline([layers.GlobalAveragePooling1D()])
    torch.testing.assert_close(pipeline(x, mask=mask), x[:, :2].mean(1))


def test_masks_made_inside_go_on():
    pipeline = layers.Pipeline([layers.Masking(), layers.GlobalAveragePooling1D()])
    x = torch.ones(1, 4, 3)
    x[:, 2:] = 0
    assert pipeline(x).tolist() == [[1.0, 1.0, 1.0]]


def test_a_pipeline_is_a_layer_of_a_model():
    pipeline = layers.Pipeline([layers.RandomFlip(), layers.Resizing(3, 4), layers.Rescaling(0.5)])
    symbol = torchkeras.Input((6, 6, 3))
    model = torchkeras.Model(symbol, pipeline(symbol))
    assert model.output_shape == (None, 3, 4, 3)
    assert pipeline.compute_output_shape((None, 8, 8, 3)) == (None, 3, 4, 3)
    assert (
        model.predict(np.ones((2, 6, 6, 3)), verbose=0).tolist()
        == np.full((2, 3, 4, 3), 0.5).tolist()
    )


def test_a_configuration_makes_the_same_pipeline():
    config = layers.Pipeline(
        [layers.RandomFlip("vertical"), layers.Dense(2)], name="it"
    ).get_config()
    assert set(config) == {"layers", "name"}
    twin = layers.Pipeline.from_config(config)
    assert twin.get_config() == config
    assert [type(layer).__name__ for layer in twin.layers] == ["RandomFlip", "Dense"]
    assert keras.layers.Pipeline.from_config(config).layers[0].mode == "vertical"
    still = layers.Pipeline([], trainable=False)
    assert layers.Pipeline.from_config(still.get_config()).trainable is False


def test_weights_load_from_keras_files(tmp_path):
    pair = []
    for package in (keras, torchkeras):
        inner = package.layers.Pipeline([package.layers.Dense(3), package.layers.Dense(2)])
        pair.append(package.Sequential([package.Input((4,)), inner]))
    pair[0].save_weights(tmp_path / "it.weights.h5")
    pair[1].load_weights(tmp_path / "it.weights.h5")
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(pair[1].predict(x, verbose=0), pair[0].predict(x, verbose=0), 1e-5)


def test_what_is_no_list_of_layers_is_named():
    with pytest.raises(ValueError, match="expected a list of layers"):
        layers.Pipeline(layers.Dense(2))
    for package in (torchkeras, keras):
        with pytest.raises(ValueError, match="`layers` key"):
            package.layers.Pipeline.from_config({"name": "it"})
